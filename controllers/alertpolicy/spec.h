#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "controllers/config/monitors.h"
#include "controllers/config/routing.h"
#include "controllers/config/silences.h"
#include "controllers/config/slo.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/resource.h"

// The spec of an AlertPolicy, typed. Nothing in it is raw JSON or PromQL that was not parsed.
namespace belvedere::alertpolicy {

struct Slo {
  config::slo::Target target;
  std::variant<config::slo::Ratio, config::slo::Latency> indicator;
  std::optional<std::chrono::seconds> window;  // none: what is usual
  std::vector<std::string> by;
  std::vector<config::slo::Tier> tiers;  // empty: all that can work
};

// One SLO or monitor. Entries are judged one by one: a bad one hurts only itself.
struct Entry {
  // Whose a monitor is, is for the compiler to add.
  using Body = std::variant<Slo, config::monitors::Monitor>;

  std::string name;
  std::string path;  // of its field: "spec.slos[0]"
  tl::expected<Body, std::string> body = tl::unexpected(std::string());  // or what is wrong with it
};

struct Spec {
  kube::ObjectKey stack;
  std::string owner;
  std::string system;
  std::string region;  // empty: the stack's
  std::string runbook;
  std::optional<config::routing::Hours> business_hours;
  std::vector<config::routing::Target> notify;
  std::set<std::string> secrets;  // names of those that its own receivers need
  std::vector<Entry> entries;
  std::vector<config::Silence> silences;
};

// The stack that a spec names; `ns` where it names no namespace. Never fails: what is missing reads
// as empty.
kube::ObjectKey StackOf(const Json& spec, const std::string& ns);

// Reads .spec of a policy in namespace `ns`. Error: kInvalid, whose message names the path of every
// wrong field that no entry holds.
Result<Spec> ParseSpec(const Json& spec, const std::string& ns);

// `spec`, in which each entry that `spec` itself cannot have is as `accepted` has it, or is left
// out.
Json WithLastGood(Json spec, const Spec& parsed, const Json& accepted);

}  // namespace belvedere::alertpolicy

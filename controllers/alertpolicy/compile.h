#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/alertpolicy/spec.h"
#include "controllers/config/routing.h"
#include "controllers/monitoringstack/spec.h"
#include "operator/base/memo.h"
#include "operator/cache/projection.h"

// What a policy becomes on its stack: rules of Prometheus.
namespace belvedere::alertpolicy {

// What of a stack the rules of its policies depend on.
struct Ground {
  std::string ns;  // of the stack
  std::string region;
  std::chrono::seconds retention{};  // how long series are kept

  bool operator==(const Ground&) const = default;
};

Ground GroundOf(const std::string& ns, const monitoringstack::Spec& stack);
// Of a stack in this namespace of which nothing is known: it keeps series for ever.
Ground AnyGround(const std::string& ns);

// How one entry of the spec fared.
struct Judged {
  std::string name;
  std::string problem;  // why it is refused, with the path of the field; empty: it runs
  std::string note;     // what else its owner should know
  std::set<config::monitors::Severity> severities;  // of its alerts
  // Of an SLO of a classic histogram: the edge that one of the histogram's buckets has to have.
  struct Edge {
    std::string path;  // of its field
    double seconds = 0;
  };
  std::optional<Edge> edge;
};

struct Compiled {
  // Why the spec as a whole is refused; nothing where at most entries are.
  std::optional<std::string> refused;
  std::vector<Judged> entries;
  std::string running;             // the spec that runs, as JSON text; empty: none
  std::string rules;               // the rule file of it
  config::routing::Policy routes;  // and whom its alerts are sent to, whoever the stack knows
  std::vector<config::Silence> silences;  // and when not
  // What they add to Alertmanager's config, and to its file of silences.
  std::size_t route_bytes = 0;
  std::size_t silence_bytes = 0;
};

// A policy on its stack. Of a spec or an entry that is wrong, what was accepted last runs on. Pure.
Compiled Compile(const cache::Primary& policy, const Ground& ground);

// Remembers what it made of each text: every pass over a stack asks of all its policies again.
// Thread-safe.
class Compiler {
 public:
  std::shared_ptr<const Compiled> Get(const cache::Primary& policy, const Ground& ground) const;
  // The stack that the policy names.
  kube::ObjectKey StackOf(const cache::Primary& policy) const;
  // The stack's spec. Error: kInvalid.
  std::shared_ptr<const Result<monitoringstack::Spec>> StackSpec(const cache::Primary& stack) const;

 private:
  static constexpr std::size_t kMostTexts = 8192;
  Memo<Compiled> compiled_{kMostTexts};
  Memo<kube::ObjectKey> stacks_{kMostTexts};
  Memo<Result<monitoringstack::Spec>> specs_{256};
};

}  // namespace belvedere::alertpolicy

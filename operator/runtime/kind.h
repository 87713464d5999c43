#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/base/rare.h"
#include "operator/cache/projection.h"
#include "operator/kube/resource.h"
#include "operator/runtime/conditions.h"
#include "operator/runtime/namespaces.h"

namespace belvedere::runtime {

// What the agent of one pod said of the config its operand runs.
struct AgentAnswer {
  std::string loaded;  // hash the operand has proven to run; empty: none yet
  std::string wanted;  // hash of the files the agent sees
  std::string error;   // the operand's own words on why `wanted` is not loaded; empty: none

  bool operator==(const AgentAnswer&) const = default;
};

// Numbers of a metrics page: by series, as the page spells it, name{labels}.
using Samples = std::map<std::string, double, std::less<>>;

// What one pod serves of the metrics that its component asks for.
struct Reading {
  std::string component;
  std::string pod;
  Samples now;
  Samples before;  // some minutes ago, of the same pod; empty: it has not been read for so long
};

// A snapshot of what the plan and the report may depend on, besides the resource itself.
struct World {
  std::vector<std::shared_ptr<const cache::Primary>> peers;   // all of this kind, self included
  std::vector<std::shared_ptr<const cache::Child>> children;  // owned by self
  std::vector<std::shared_ptr<const cache::Child>> shared;    // found of Kind::Shared()
  std::vector<std::shared_ptr<const cache::Pod>> pods;        // of self
  std::map<std::string, AgentAnswer> agents;                  // by pod UID
  std::vector<Reading> readings;  // of pods of self, and of shared workloads
  // All of the kinds that Kind::reads() names.
  std::map<kube::ResourceType, std::vector<std::shared_ptr<const cache::Primary>>> others;
  // Those of peers and others at least; where Kind::namespace_use() asks for them.
  Namespaces namespaces;
};

// A Secret that the engine makes itself, once: it has no right to read, change or delete one. It
// goes with its marker, the ConfigMap of its name, which is its owner. A new Secret takes a new
// name.
struct GeneratedSecret {
  std::string name;                          // in the namespace of the object that reads it
  std::map<std::string, std::string> known;  // keys and values
  std::string random;                        // key of the random text
};

// One object as it should be: apiVersion, kind, metadata and the fields we own, written as the
// server stores them (cache/owned_hash.h). The engine adds inventory labels and ownerReference.
struct Intent {
  kube::ResourceType type;
  Json object;
  // kInventory: by labels alone, also where the garbage collector would follow a reference, because
  // an heir may take it over.
  enum class Tie { kReference, kInventory } tie = Tie::kReference;
  // kAlways: also while the resource is paused or refused, because others depend on the object.
  enum class When { kManaged, kAlways } when = When::kManaged;
  // The object reads this Secret: it is written only when the Secret has been made. The marker of
  // the Secret is an intent before this one.
  std::optional<GeneratedSecret> secret = {};
};

// Where pods serve metrics (the text format of Prometheus), and which of them the report needs. The
// engine reads them every half minute.
struct Meter {
  int port = 0;
  std::string path;
  std::vector<std::string> names;  // of metrics
};

// A workload that the resource asks for, whoever writes it, and the config of its pods.
struct ComponentPlan {
  std::string name;  // label app.kubernetes.io/component of its pods
  kube::ResourceRef workload;
  std::optional<int> desired;  // none: as many as there are nodes
  // Hash of its reload-class config, which every pod's agent is asked for; empty: it has none.
  std::string wanted;
  int agent_port = 0;    // of those agents
  std::string checksum;  // of its restart-class config; empty: it has none
  // Of a shared workload: what it must serve (cache::kServesAnnotation); empty: nothing of ours.
  std::string serves;
  Rare<Meter> meter = {};
};

enum class Management { kManaged, kPaused };

enum class NamespaceUse { kNone, kUid, kLabels };

struct Plan {
  // kPaused: nothing is written but status and what Intent::When says.
  Management management = Management::kManaged;
  // The spec cannot be planned: likewise, and nothing is swept.
  std::optional<Cause> refused;
  std::vector<Intent> intents;  // in apply order
  // Children of self that no intent names and that are still needed, such as the immutable
  // ConfigMaps of pods that have not rolled yet: neither written nor deleted.
  std::vector<kube::ResourceRef> keep;
  std::vector<ComponentPlan> components;
  std::string config_hash;  // over the config of all components
};

// One write that did not succeed.
struct Failure {
  kube::ResourceRef ref;
  Error error;
  enum class Kind { kRetry, kOwnershipConflict, kDenied, kInvalid } kind = Kind::kRetry;
};

// What became of the plan.
struct Outcome {
  std::vector<Failure> failures;
  int applied = 0;
  int deleted = 0;
  int pending = 0;  // writes still owed (paused, stopped half way, or a child still terminating)
  // Children that someone else had changed and that were put right.
  std::vector<kube::ResourceRef> corrected;
  std::uint64_t accepted = 0;  // StateOf() all children as the plan wants or leaves them
};

// What to say in status besides conditions, which the engine derives from the verdict.
struct Report {
  Verdict verdict;
  Json fields;  // object merged into status: components, configHash, …
};

// What the engine must know of a custom resource kind. All methods are pure and thread-safe: same
// arguments, same answer; no I/O, no clock, no randomness.
class Kind {
 public:
  virtual ~Kind() = default;

  virtual const kube::ResourceType& type() const = 0;
  // Kinds of children that a plan may hold; the engine watches each.
  virtual std::span<const kube::ResourceType> child_types() const = 0;

  // Which of namespaces plans depend on; the engine then watches them (metadata only).
  virtual NamespaceUse namespace_use() const { return NamespaceUse::kNone; }

  // Other kinds whose resources, status included, plans and reports depend on.
  virtual std::span<const kube::ResourceType> reads() const { return {}; }
  // Which of `peers`, by key, a resource of a kind that is read concerns, now that it has come,
  // gone or changed. Must be cheap: it is asked on the watching threads.
  virtual std::vector<kube::ObjectKey> Concerned(
      const kube::ResourceType& /*type*/, const cache::Primary& /*other*/,
      std::span<const std::shared_ptr<const cache::Primary>> /*peers*/) const {
    return {};
  }

  virtual Plan MakePlan(const cache::Primary& self, const World& world) const = 0;
  // Two worlds for which this is equal have equal plans: the engine makes no plan anew while
  // nothing it depends on has changed. Must be much cheaper than the plan.
  virtual std::string PlanInputs(const cache::Primary& self, const World& world) const = 0;
  virtual Report MakeReport(const cache::Primary& self, const World& world, const Plan& plan,
                            const Outcome& outcome) const = 0;

  // Children of other owners whose state `self` needs to see (cluster singletons).
  virtual std::vector<kube::ResourceRef> Shared(const cache::Primary& self) const = 0;
  // Who writes a shared child that nobody has, or whose owner is gone; null: nobody, it is swept.
  virtual std::shared_ptr<const cache::Primary> Heir(
      const cache::Child& orphan,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const = 0;
};

}  // namespace belvedere::runtime

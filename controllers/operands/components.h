#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operator/runtime/kind.h"

// How far the workloads of a resource are, read from the caches.
namespace belvedere::operands {

struct Component {
  std::string name;
  int desired = 0;
  int ready = 0;
  int updated = 0;
  enum class Seen { kAbsent, kOutdated, kCurrent } seen = Seen::kAbsent;  // by its controller
  bool no_nodes = false;  // a DaemonSet that no node is eligible for
  std::string trouble;    // reason of the first pod that cannot start: CrashLoopBackOff, …
  std::string trouble_message;

  // Whether a rollout is under way or not all pods are ready.
  bool Incomplete() const;
  // Why it does not serve at all; nothing where at least one pod does.
  std::optional<runtime::Cause> Unavailable() const;
  // "prometheus 1/2 (CrashLoopBackOff: …)".
  std::string Describe() const;
};

// Those that the plan wants; when it is refused, those of `possible` that are there.
std::vector<Component> ComponentsOf(const cache::Primary& self, const runtime::World& world,
                                    const runtime::Plan& plan,
                                    std::span<const runtime::ComponentPlan> possible);

// What the agents say.
struct ConfigState {
  std::optional<runtime::Cause> rejected;  // the operand refuses the config that we wrote
  std::optional<runtime::Cause> pending;   // not every pod runs it yet
  // Paused, and somebody wrote another config, which the operand refuses.
  std::optional<runtime::Cause> foreign;
};

ConfigState ConfigStateOf(const cache::Primary& self, const runtime::World& world,
                          const runtime::Plan& plan);

}  // namespace belvedere::operands

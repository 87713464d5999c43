#include "controllers/operands/components.h"

#include <algorithm>

#include "controllers/operands/holder.h"
#include "controllers/operands/holds.h"
#include "controllers/operands/restart.h"

namespace belvedere::operands {
namespace {

using runtime::AgentAnswer;
using runtime::Cause;

// A cause's reason from the reason of a waiting container.
std::string ReasonOf(const std::string& waiting) {
  if (waiting == "CrashLoopBackOff") return "CrashLoop";
  if (waiting == "ImagePullBackOff" || waiting == "ErrImagePull" || waiting == "InvalidImageName") {
    return "ImagePull";
  }
  return "NoReplicas";
}

Component Read(const runtime::ComponentPlan& planned, const runtime::World& world) {
  Component component{.name = planned.name, .desired = planned.desired.value_or(0)};
  const cache::Child* child = FindChild(world, planned.workload);
  if (child != nullptr && child->rollout && !child->deleting) {
    const cache::Rollout& rollout = *child->rollout;
    component.seen = rollout.observed_generation >= rollout.generation ? Component::Seen::kCurrent
                                                                       : Component::Seen::kOutdated;
    if (!planned.desired) component.desired = rollout.desired;
    component.ready = rollout.ready;
    component.updated = rollout.updated;
    component.no_nodes =
        !planned.desired && rollout.desired == 0 && component.seen == Component::Seen::kCurrent;
  }
  for (const auto& pod : world.pods) {
    if (pod->component != component.name || pod->deleting || pod->ready) continue;
    if (pod->waiting_reason.empty() && pod->waiting_message.empty()) continue;
    component.trouble = pod->waiting_reason.empty() ? "Pending" : pod->waiting_reason;
    component.trouble_message = pod->waiting_message;
    break;
  }
  return component;
}

Cause Pending(const std::string& message) { return {"WaitingForPods", message}; }

// What a ready pod's agent that has not been asked yet stands for. After a takeover nobody has been
// asked, and status already tells of this very config that every pod had proven to run it.
enum class Silence { kUnproven, kAsBefore };

Silence SilenceOf(const cache::Primary& self, const runtime::Plan& plan) {
  const Result<Json> status = ParseJson(self.status.empty() ? "{}" : self.status);
  if (!status || StringAt(*status, "/lastAppliedConfigHash") != plan.config_hash) {
    return Silence::kUnproven;
  }
  const std::vector<runtime::Condition> conditions = runtime::ConditionsFrom(*status);
  const runtime::Condition* loaded = runtime::FindCondition(conditions, "ConfigLoaded");
  const bool was_loaded = loaded != nullptr && loaded->status == runtime::Truth::kTrue;
  return was_loaded ? Silence::kAsBefore : Silence::kUnproven;
}

// What one pod that should run `wanted` says.
void Judge(const cache::Pod& pod, const AgentAnswer* answer,
           const runtime::ComponentPlan& component, const runtime::Plan& plan, Silence silence,
           ConfigState& state) {
  const std::string name = "pod " + pod.key.name;
  if (answer == nullptr) {
    if (pod.ready && silence == Silence::kAsBefore) return;
    if (!state.pending) state.pending = Pending(name + " has not said yet which config it runs");
    return;
  }
  if (!answer->error.empty() && answer->wanted == component.wanted) {
    state.rejected = Cause{"ConfigRejected", component.name +
                                                 " refuses its config and keeps the "
                                                 "last good one: " +
                                                 answer->error};
    return;
  }
  if (!answer->error.empty() && plan.management == runtime::Management::kPaused) {
    state.foreign = Cause{"ConfigRejected", component.name +
                                                " refuses a config that somebody "
                                                "else wrote and keeps the last good one: " +
                                                answer->error +
                                                "; set spec.managementState to Managed to put "
                                                "Belvedere's back"};
    return;
  }
  if (answer->loaded != component.wanted && !state.pending) {
    state.pending = Pending(name + " does not run the wanted config yet");
  }
}

// What keeps the workload from having the wanted config, but for what agents know; nothing: it has.
std::optional<std::string> MissingOf(const runtime::ComponentPlan& component,
                                     const cache::Child* workload, const runtime::World& world) {
  if (!component.checksum.empty()) {
    if (auto missing = NotRestarted(component, world)) return missing;
  }
  if (component.serves.empty()) return std::nullopt;
  if (workload == nullptr || !cache::Serves(*workload, component.serves)) {
    return component.name + " does not have the wanted config yet";
  }
  if (component.checksum.empty() && !IsRolledOut(*workload)) {
    return component.name + " is not rolled out with the wanted config yet";
  }
  return std::nullopt;
}

}  // namespace

bool Component::Incomplete() const {
  return seen != Seen::kCurrent || updated < desired || ready < desired;
}

std::optional<Cause> Component::Unavailable() const {
  if (ready > 0 || no_nodes) return std::nullopt;
  return Cause{ReasonOf(trouble), "no pod is ready: " + Describe()};
}

std::string Component::Describe() const {
  std::string text = name;
  if (desired > 0) {
    text += " " + std::to_string(std::min(ready, updated)) + "/" + std::to_string(desired);
  }
  if (!trouble.empty()) {
    text += " (" + trouble + (trouble_message.empty() ? "" : ": " + trouble_message) + ")";
  }
  return text;
}

std::vector<Component> ComponentsOf(const cache::Primary& self, const runtime::World& world,
                                    const runtime::Plan& plan,
                                    std::span<const runtime::ComponentPlan> possible) {
  std::vector<Component> components;
  for (const runtime::ComponentPlan& planned : plan.components) {
    components.push_back(Read(planned, world));
  }
  if (!plan.refused) return components;
  for (const runtime::ComponentPlan& candidate : possible) {
    const cache::Child* child = FindChild(world, candidate.workload);
    const bool ours = child != nullptr && child->owner_uid == self.uid && child->rollout;
    if (!ours) continue;
    runtime::ComponentPlan running = candidate;
    running.desired = child->rollout->desired;
    components.push_back(Read(running, world));
  }
  return components;
}

ConfigState ConfigStateOf(const cache::Primary& self, const runtime::World& world,
                          const runtime::Plan& plan) {
  const Silence silence = SilenceOf(self, plan);
  ConfigState state;
  for (const runtime::ComponentPlan& component : plan.components) {
    const cache::Child* child = FindChild(world, component.workload);
    const auto refusal = child == nullptr ? std::nullopt : HeldBack(*child, component.serves);
    if (refusal) {
      state.rejected = Cause{"ConfigRejected", component.name +
                                                   " refuses the config with this spec and goes on "
                                                   "with the last good one: " +
                                                   *refusal};
    }
    if (!state.pending) {
      if (const auto missing = MissingOf(component, child, world))
        state.pending = Pending(*missing);
    }
    if (component.wanted.empty()) continue;
    int pods = 0;
    for (const auto& pod : world.pods) {
      if (pod->component != component.name || pod->deleting) continue;
      ++pods;
      const auto answer = world.agents.find(pod->uid);
      Judge(*pod, answer == world.agents.end() ? nullptr : &answer->second, component, plan,
            silence, state);
    }
    if (pods < component.desired.value_or(0) && !state.pending) {
      state.pending = Pending(component.name + " has " + std::to_string(pods) + " of " +
                              std::to_string(*component.desired) + " pods");
    }
  }
  return state;
}

}  // namespace belvedere::operands

#include "controllers/operands/report.h"

#include <algorithm>

#include "controllers/operands/components.h"
#include "controllers/operands/holder.h"

namespace belvedere::operands {
namespace {

using runtime::Cause;
using runtime::Fact;
using runtime::Failure;
using runtime::Management;
using runtime::Outcome;
using runtime::Plan;
using runtime::Report;
using runtime::Truth;
using runtime::Verdict;

Fact True(std::string reason, std::string message) {
  return {Truth::kTrue, {std::move(reason), std::move(message)}};
}

Fact False(Cause cause) { return {Truth::kFalse, std::move(cause)}; }

// What the API server refused, in our words. Only a human can change it.
Cause ExplainInvalid(const Failure& failure) {
  const std::string object = kube::ToString(failure.ref);
  const bool immutable =
      failure.error.message.find("updates to statefulset spec") != std::string::npos ||
      failure.error.message.find("field is immutable") != std::string::npos;
  if (immutable) {
    return {"ImmutableField", object + ": " + failure.error.message +
                                  "; put the field of the spec back, or delete the object so that "
                                  "it is made anew"};
  }
  return {"InvalidSpec", object + " is refused by the API server: " + failure.error.message +
                             "; correct the spec"};
}

Cause ExplainDenial(const Failure& failure) {
  const std::string& message = failure.error.message;
  const std::string text = kube::ToString(failure.ref) + ": " + message;
  if (message.find("exceeded quota") != std::string::npos) {
    return {"QuotaExceeded", text + "; raise the quota of the namespace"};
  }
  if (message.find("denied") != std::string::npos ||
      message.find("violates") != std::string::npos) {
    return {"AdmissionDenied", text + "; change the policy or exempt the object from it"};
  }
  return {"Forbidden", text + "; install Belvedere's RBAC again"};
}

Cause Explain(const Failure& failure) {
  switch (failure.kind) {
    case Failure::Kind::kOwnershipConflict:
      return {"OwnershipConflict", failure.error.message + "; delete or rename it"};
    case Failure::Kind::kDenied:
      return ExplainDenial(failure);
    case Failure::Kind::kInvalid:
      return ExplainInvalid(failure);
    case Failure::Kind::kRetry:
      break;
  }
  return {"Retrying",
          kube::ToString(failure.ref) + ": " + failure.error.message + "; it is tried again"};
}

const Failure* FirstFailure(const Outcome& outcome, Failure::Kind kind) {
  const auto found = std::ranges::find(outcome.failures, kind, &Failure::kind);
  return found == outcome.failures.end() ? nullptr : &*found;
}

std::optional<Cause> StalledBy(const Plan& plan, const Outcome& outcome,
                               const ConfigState& config) {
  if (plan.refused) return plan.refused;
  for (const Failure::Kind kind :
       {Failure::Kind::kOwnershipConflict, Failure::Kind::kInvalid, Failure::Kind::kDenied}) {
    if (const Failure* failure = FirstFailure(outcome, kind)) return Explain(*failure);
  }
  return config.rejected;
}

std::optional<Cause> ProgressOf(const Plan& plan, const Outcome& outcome,
                                const std::vector<Component>& components,
                                const ConfigState& config) {
  if (plan.refused) return std::nullopt;
  if (const Failure* failure = FirstFailure(outcome, Failure::Kind::kRetry)) {
    return Explain(*failure);
  }
  if (plan.management == Management::kPaused) return std::nullopt;
  std::string waiting;
  for (const Component& component : components) {
    if (!component.Incomplete()) continue;
    waiting += (waiting.empty() ? "" : ", ") + component.Describe();
  }
  if (!waiting.empty()) return Cause{"RolloutInProgress", "waiting for " + waiting};
  if (config.pending) return config.pending;
  if (outcome.pending > 0) {
    return Cause{"Progressing", std::to_string(outcome.pending) +
                                    " objects are still to be written, because others change or "
                                    "delete them just now"};
  }
  return std::nullopt;
}

Fact AcceptedOf(const Plan& plan, const Outcome& outcome, const ConfigState& config) {
  if (plan.refused) return False(*plan.refused);
  if (const Failure* failure = FirstFailure(outcome, Failure::Kind::kInvalid)) {
    return False(Explain(*failure));
  }
  if (config.rejected) return False(*config.rejected);
  return True("Accepted", "the spec is valid");
}

Fact AvailableOf(const std::vector<Component>& components) {
  for (const Component& component : components) {
    if (const std::optional<Cause> cause = component.Unavailable()) return False(*cause);
  }
  for (const Component& component : components) {
    if (component.no_nodes) {
      return True("NoEligibleNodes", component.name + " runs nowhere: no node is eligible");
    }
  }
  if (components.empty()) return False({"NoReplicas", "nothing is running"});
  return True("Serving", "all operands serve");
}

Fact ConfigLoadedOf(const Plan& plan, const ConfigState& config) {
  if (plan.refused) return {Truth::kUnknown, *plan.refused};
  if (config.foreign) return False(*config.foreign);
  if (config.rejected) return False(*config.rejected);
  if (config.pending) return False(*config.pending);
  return True("Loaded", "every pod runs the wanted config");
}

Json FieldsOf(const cache::Primary& self, const std::vector<Component>& components,
              const std::string& config_hash, const Fact& config_loaded) {
  const Result<Json> before = ParseJson(self.status.empty() ? "{}" : self.status);
  const std::string applied_before =
      before ? StringAt(*before, "/lastAppliedConfigHash") : std::string();
  const std::string hash_before = before ? StringAt(*before, "/configHash") : std::string();
  const std::string hash = config_hash.empty() ? hash_before : config_hash;
  const std::string applied = config_loaded.truth == Truth::kTrue ? hash : applied_before;
  Json fields = {{"components", Json::array()}};
  int updated = 0;
  int desired = 0;
  for (const Component& component : components) {
    updated += component.updated;
    desired += component.desired;
    fields["components"].push_back({{"name", component.name},
                                    {"desired", component.desired},
                                    {"ready", component.ready},
                                    {"updated", component.updated}});
  }
  fields["updated"] = std::to_string(updated) + "/" + std::to_string(desired);
  if (!hash.empty()) fields["configHash"] = hash;
  if (!applied.empty()) fields["lastAppliedConfigHash"] = applied;
  return fields;
}

}  // namespace

Report MakeReport(const cache::Primary& self, const runtime::World& world, const Plan& plan,
                  const Outcome& outcome, std::span<const runtime::ComponentPlan> possible) {
  const std::vector<Component> components = ComponentsOf(self, world, plan, possible);
  const ConfigState config = ConfigStateOf(self, world, plan);
  Report report;
  Verdict& verdict = report.verdict;
  verdict.accepted = AcceptedOf(plan, outcome, config);
  verdict.available = AvailableOf(components);
  verdict.config_loaded = ConfigLoadedOf(plan, config);
  verdict.stalled = StalledBy(plan, outcome, config);
  verdict.progressing = ProgressOf(plan, outcome, components, config);
  if (plan.management == Management::kPaused && outcome.pending > 0) {
    verdict.paused =
        Cause{"Paused", "spec.managementState is Paused and " + std::to_string(outcome.pending) +
                            " changes wait; set it to Managed to apply them"};
  }
  report.fields = FieldsOf(self, components, plan.config_hash, verdict.config_loaded);
  return report;
}

}  // namespace belvedere::operands

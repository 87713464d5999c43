#include "controllers/logpipeline/kind.h"

#include <algorithm>
#include <array>

#include "controllers/logpipeline/flow.h"
#include "controllers/logpipeline/plan.h"
#include "controllers/logpipeline/stack_reference.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/report.h"

namespace belvedere::logpipeline {
namespace {

std::vector<SharedPart> AllParts() {
  std::vector<SharedPart> parts;
  for (const Engine& engine : Engines())
    std::ranges::copy(engine.shared, std::back_inserter(parts));
  return parts;
}

}  // namespace

const kube::ResourceType& LogPipelineKind::type() const { return kLogPipeline; }

std::span<const kube::ResourceType> LogPipelineKind::child_types() const {
  static constexpr std::array<kube::ResourceType, 7> kTypes{
      kube::types::kServiceAccount, kube::types::kClusterRoleBinding,
      kube::types::kNetworkPolicy,  kube::types::kConfigMap,
      kube::types::kService,        kube::types::kStatefulSet,
      kube::types::kDaemonSet};
  return kTypes;
}

std::span<const kube::ResourceType> LogPipelineKind::reads() const {
  return {&monitoringstack::kMonitoringStack, 1};
}

std::vector<kube::ObjectKey> LogPipelineKind::Concerned(
    const kube::ResourceType& /*type*/, const cache::Primary& other,
    std::span<const std::shared_ptr<const cache::Primary>> peers) const {
  std::vector<kube::ObjectKey> keys;
  for (const auto& pipeline : peers) {
    const auto spec = reader_.RunningSpec(*pipeline);
    if (*spec && Names((*spec)->outputs, other.key)) keys.push_back(pipeline->key);
  }
  return keys;
}

runtime::Plan LogPipelineKind::MakePlan(const cache::Primary& self,
                                        const runtime::World& world) const {
  return logpipeline::MakePlan(self, world, images_, reader_);
}

std::string LogPipelineKind::PlanInputs(const cache::Primary& self,
                                        const runtime::World& world) const {
  return logpipeline::PlanInputs(self, world, reader_);
}

runtime::Report LogPipelineKind::MakeReport(const cache::Primary& self, const runtime::World& world,
                                            const runtime::Plan& plan,
                                            const runtime::Outcome& outcome) const {
  std::vector<runtime::ComponentPlan> possible{
      {.name = std::string(kGateway), .workload = GatewayRef(self.key)}};
  for (const SharedPart& part : AllParts()) {
    possible.push_back({.name = std::string(part.name), .workload = WorkloadOf(part)});
  }
  runtime::Report report = operands::MakeReport(self, world, plan, outcome, possible);
  const bool is_accepted = !plan.refused && plan.management == runtime::Management::kManaged;
  operands::KeepSpecs(self, is_accepted ? self.spec : operands::AcceptedSpec(self), report);
  // What is written stays: the stack may only come later, and the records wait for it.
  const auto spec = reader_.RunningSpec(self);
  const auto stacks = world.others.find(monitoringstack::kMonitoringStack);
  if (is_accepted && *spec && stacks != world.others.end()) {
    if (auto missing = MissingStack((*spec)->outputs, stacks->second)) {
      report.verdict.accepted = {runtime::Truth::kFalse, *missing};
      if (!report.verdict.stalled) report.verdict.stalled = std::move(missing);
    }
  }
  if (std::optional<runtime::Fact> flow = FlowOf(self, world, reader_)) {
    report.verdict.others.emplace_back(kFlowHealthy, std::move(*flow));
  }
  return report;
}

// Also those of engines that the pipeline does not use: it may have to write them for others.
std::vector<kube::ResourceRef> LogPipelineKind::Shared(const cache::Primary& /*self*/) const {
  std::vector<kube::ResourceRef> refs;
  for (const SharedPart& part : AllParts()) refs.push_back(WorkloadOf(part));
  return refs;
}

// Of an immutable config nobody is the heir: without the pipeline that went, the next one differs.
std::shared_ptr<const cache::Primary> LogPipelineKind::Heir(
    const cache::Child& orphan,
    std::span<const std::shared_ptr<const cache::Primary>> peers) const {
  if (orphan.ref.type == kube::types::kConfigMap) return nullptr;
  for (const Engine& engine : Engines()) {
    for (const SharedPart& part : engine.shared) {
      const std::string& name = orphan.ref.key.name;
      if (name != part.name && name != "belvedere-" + std::string(part.name)) continue;
      const cache::Primary* heir =
          operands::OldestAsking(SharedOf(engine, part, reader_), nullptr, peers);
      const auto found =
          std::ranges::find(peers, heir, &std::shared_ptr<const cache::Primary>::get);
      return found == peers.end() ? nullptr : *found;
    }
  }
  return nullptr;
}

}  // namespace belvedere::logpipeline

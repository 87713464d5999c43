#include "controllers/logpipeline/kind.h"

#include <array>

#include "controllers/logpipeline/plan.h"
#include "controllers/operands/report.h"

namespace belvedere::logpipeline {

const kube::ResourceType& LogPipelineKind::type() const { return kLogPipeline; }

std::span<const kube::ResourceType> LogPipelineKind::child_types() const {
  static constexpr std::array<kube::ResourceType, 7> kTypes{
      kube::types::kServiceAccount, kube::types::kClusterRoleBinding,
      kube::types::kNetworkPolicy,  kube::types::kConfigMap,
      kube::types::kService,        kube::types::kStatefulSet,
      kube::types::kDaemonSet};
  return kTypes;
}

runtime::Plan LogPipelineKind::MakePlan(const cache::Primary& self,
                                        const runtime::World& world) const {
  return logpipeline::MakePlan(self, world, images_);
}

std::string LogPipelineKind::PlanInputs(const cache::Primary& self,
                                        const runtime::World& world) const {
  return logpipeline::PlanInputs(self, world);
}

runtime::Report LogPipelineKind::MakeReport(const cache::Primary& self, const runtime::World& world,
                                            const runtime::Plan& plan,
                                            const runtime::Outcome& outcome) const {
  std::vector<runtime::ComponentPlan> possible{
      {.name = std::string(kGateway), .workload = GatewayRef(self.key)}};
  for (const Engine& engine : Engines()) {
    possible.push_back({.name = std::string(engine.name), .workload = NodeAgentRef(engine)});
  }
  return operands::MakeReport(self, world, plan, outcome, possible);
}

// Also those of engines that the pipeline does not use: it may have to write them for others.
std::vector<kube::ResourceRef> LogPipelineKind::Shared(const cache::Primary& /*self*/) const {
  std::vector<kube::ResourceRef> refs;
  for (const Engine& engine : Engines()) refs.push_back(NodeAgentRef(engine));
  return refs;
}

// Of an immutable config nobody is the heir: without the pipeline that went, the next one differs.
std::shared_ptr<const cache::Primary> LogPipelineKind::Heir(
    const cache::Child& orphan,
    std::span<const std::shared_ptr<const cache::Primary>> peers) const {
  if (orphan.ref.type == kube::types::kConfigMap) return nullptr;
  for (const Engine& engine : Engines()) {
    const bool is_of_it = orphan.ref.key.name == engine.name ||
                          orphan.ref.key.name == "belvedere-" + std::string(engine.name);
    if (!is_of_it) continue;
    const cache::Primary* heir = operands::OldestAsking(SharedOf(engine), nullptr, peers);
    for (const auto& peer : peers) {
      if (peer.get() == heir) return peer;
    }
  }
  return nullptr;
}

}  // namespace belvedere::logpipeline

#include "controllers/monitoringstack/kind.h"

#include <array>

#include "controllers/monitoringstack/plan.h"
#include "controllers/monitoringstack/singletons.h"
#include "controllers/operands/report.h"

namespace belvedere::monitoringstack {

const kube::ResourceType& MonitoringStackKind::type() const { return kMonitoringStack; }

std::span<const kube::ResourceType> MonitoringStackKind::child_types() const {
  static constexpr std::array<kube::ResourceType, 10> kTypes{
      kube::types::kServiceAccount,     kube::types::kRoleBinding, kube::types::kClusterRoleBinding,
      kube::types::kNetworkPolicy,      kube::types::kConfigMap,   kube::types::kService,
      kube::types::kStatefulSet,        kube::types::kDeployment,  kube::types::kDaemonSet,
      kube::types::kPodDisruptionBudget};
  return kTypes;
}

runtime::Plan MonitoringStackKind::MakePlan(const cache::Primary& self,
                                            const runtime::World& world) const {
  return monitoringstack::MakePlan(self, world, images_);
}

std::string MonitoringStackKind::PlanInputs(const cache::Primary& self,
                                            const runtime::World& world) const {
  return monitoringstack::PlanInputs(self, world);
}

runtime::Report MonitoringStackKind::MakeReport(const cache::Primary& self,
                                                const runtime::World& world,
                                                const runtime::Plan& plan,
                                                const runtime::Outcome& outcome) const {
  std::vector<runtime::ComponentPlan> possible;
  for (const operands::Operand& operand : operands::Operands()) {
    possible.push_back(
        {.name = std::string(operand.name), .workload = operand.workload(StackOf(self))});
  }
  return operands::MakeReport(self, world, plan, outcome, possible);
}

// Also those that the stack does not want: it may have to write them for others.
std::vector<kube::ResourceRef> MonitoringStackKind::Shared(const cache::Primary& self) const {
  std::vector<kube::ResourceRef> refs;
  for (const operands::Operand& operand : operands::Operands()) {
    if (operand.sharing == operands::Sharing::kSingleton) {
      refs.push_back(operand.workload(StackOf(self)));
    }
  }
  return refs;
}

std::shared_ptr<const cache::Primary> MonitoringStackKind::Heir(const cache::Child& orphan,
                                                                operands::Peers peers) const {
  const operands::Operand* operand = operands::SingletonOf(orphan.ref);
  if (operand == nullptr) return nullptr;
  const cache::Primary* heir = operands::OldestAsking(SharedOf(*operand), nullptr, peers);
  for (const auto& peer : peers) {
    if (peer.get() == heir) return peer;
  }
  return nullptr;
}

}  // namespace belvedere::monitoringstack

#include "controllers/monitoringstack/kind.h"

#include <algorithm>
#include <array>

#include "controllers/alertpolicy/attachment.h"
#include "controllers/monitoringstack/plan.h"
#include "controllers/monitoringstack/singletons.h"
#include "controllers/operands/grafana.h"
#include "controllers/operands/prometheus.h"
#include "controllers/operands/report.h"

namespace belvedere::monitoringstack {

namespace {

// What the shards of the stack serve, as they are written; empty: there are none.
std::string ServedBy(const cache::Primary& self, const runtime::World& world) {
  const auto served = alertpolicy::ServedByShards(StackOf(self), self.uid, world.children);
  const bool is_any = std::ranges::any_of(served, [](const auto& one) { return !one.empty(); });
  return is_any ? alertpolicy::HashOfServed(served) : "";
}

std::string LoadedBefore(const cache::Primary& self) {
  const Result<Json> status = ParseJson(self.status);
  return status ? StringAt(*status, std::string("/") + alertpolicy::kLoadedPolicies) : "";
}

}  // namespace

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
  return monitoringstack::MakePlan(self, world, images_, *policies_);
}

std::string MonitoringStackKind::PlanInputs(const cache::Primary& self,
                                            const runtime::World& world) const {
  return monitoringstack::PlanInputs(self, world, *policies_);
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
  runtime::Report report = operands::MakeReport(self, world, plan, outcome, possible);
  const bool is_loaded = report.verdict.config_loaded.truth == runtime::Truth::kTrue;
  const std::string loaded = is_loaded ? ServedBy(self, world) : LoadedBefore(self);
  if (!loaded.empty()) report.fields[alertpolicy::kLoadedPolicies] = loaded;
  const std::string admin = operands::ReportedAdminSecret(self, world);
  if (!admin.empty()) report.fields[operands::kAdminSecretField] = admin;
  return report;
}

std::span<const kube::ResourceType> MonitoringStackKind::reads() const {
  static constexpr std::array kRead{alertpolicy::kAlertPolicy};
  return kRead;
}

std::vector<kube::ObjectKey> MonitoringStackKind::Concerned(const kube::ResourceType& /*type*/,
                                                            const cache::Primary& other,
                                                            operands::Peers /*peers*/) const {
  return {policies_->StackOf(other)};
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

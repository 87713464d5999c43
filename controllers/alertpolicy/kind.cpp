#include "controllers/alertpolicy/kind.h"

#include <array>

#include "controllers/alertpolicy/report.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::alertpolicy {

using cache::Primary;
using monitoringstack::kMonitoringStack;

std::span<const kube::ResourceType> AlertPolicyKind::reads() const {
  static constexpr std::array kRead{kMonitoringStack};
  return kRead;
}

std::vector<kube::ObjectKey> AlertPolicyKind::Concerned(
    const kube::ResourceType& /*type*/, const Primary& other,
    std::span<const std::shared_ptr<const Primary>> peers) const {
  std::vector<kube::ObjectKey> keys;
  for (const auto& policy : peers) {
    if (compiler_->StackOf(*policy) == other.key) keys.push_back(policy->key);
  }
  return keys;
}

// Nothing is made, but a spec that cannot be is refused; where the stack is not known, as one that
// keeps series for ever would.
runtime::Plan AlertPolicyKind::MakePlan(const Primary& self, const runtime::World& world) const {
  std::optional<runtime::Cause> refusal = RefusalOf(self, world, *compiler_);
  return {.refused = std::move(refusal)};
}

std::string AlertPolicyKind::PlanInputs(const Primary& self, const runtime::World& world) const {
  const Primary* stack = FindStack(compiler_->StackOf(self), world);
  return cache::Served(self) + (stack == nullptr ? "" : " " + cache::Served(*stack));
}

runtime::Report AlertPolicyKind::MakeReport(const Primary& self, const runtime::World& world,
                                            const runtime::Plan& /*plan*/,
                                            const runtime::Outcome& /*outcome*/) const {
  return alertpolicy::MakeReport(self, world, *compiler_);
}

std::vector<kube::ResourceRef> AlertPolicyKind::Shared(const Primary& self) const {
  const kube::ObjectKey stack = compiler_->StackOf(self);
  std::vector<kube::ResourceRef> refs;
  if (stack.name.empty()) return refs;
  refs.push_back(operands::Prometheus().workload({stack.ns, stack.name}));
  for (int i = 0; i < operands::kPolicyShards; ++i) {
    refs.push_back(operands::PolicyShardRef({.ns = stack.ns, .name = stack.name}, i));
  }
  return refs;
}

std::shared_ptr<const Primary> AlertPolicyKind::Heir(
    const cache::Child& /*orphan*/,
    std::span<const std::shared_ptr<const Primary>> /*peers*/) const {
  return nullptr;
}

}  // namespace belvedere::alertpolicy

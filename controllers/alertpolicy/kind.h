#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "controllers/alertpolicy/attachment.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

// The AlertPolicy as the engine sees it. It has no children: its stack runs its rules, and it reads
// there how far they are.
class AlertPolicyKind final : public runtime::Kind {
 public:
  // `compiler` is the stacks' as well, so that what both ask of it is made and kept once.
  explicit AlertPolicyKind(
      std::shared_ptr<const Compiler> compiler = std::make_shared<const Compiler>())
      : compiler_(std::move(compiler)) {}

  const kube::ResourceType& type() const override { return kAlertPolicy; }
  std::span<const kube::ResourceType> child_types() const override { return {}; }
  runtime::NamespaceUse namespace_use() const override { return runtime::NamespaceUse::kLabels; }
  std::span<const kube::ResourceType> reads() const override;
  std::vector<kube::ObjectKey> Concerned(
      const kube::ResourceType& type, const cache::Primary& other,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;
  runtime::Plan MakePlan(const cache::Primary& self, const runtime::World& world) const override;
  std::string PlanInputs(const cache::Primary& self, const runtime::World& world) const override;
  runtime::Report MakeReport(const cache::Primary& self, const runtime::World& world,
                             const runtime::Plan& plan,
                             const runtime::Outcome& outcome) const override;
  // The ConfigMaps that may hold its rules.
  std::vector<kube::ResourceRef> Shared(const cache::Primary& self) const override;
  std::shared_ptr<const cache::Primary> Heir(
      const cache::Child& orphan,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;

 private:
  const std::shared_ptr<const Compiler> compiler_;
};

}  // namespace belvedere::alertpolicy

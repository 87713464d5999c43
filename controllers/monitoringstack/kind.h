#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "controllers/alertpolicy/compile.h"
#include "controllers/operands/images.h"
#include "operator/runtime/kind.h"

namespace belvedere::monitoringstack {

inline constexpr kube::ResourceType kMonitoringStack{
    "belvedere.dev/v1alpha1/MonitoringStack/monitoringstacks"};

// The MonitoringStack as the engine sees it.
class MonitoringStackKind final : public runtime::Kind {
 public:
  explicit MonitoringStackKind(operands::ImageTable images,
                               std::shared_ptr<const alertpolicy::Compiler> policies =
                                   std::make_shared<const alertpolicy::Compiler>())
      : images_(std::move(images)), policies_(std::move(policies)) {}

  const kube::ResourceType& type() const override;
  std::span<const kube::ResourceType> child_types() const override;
  // Namespaces by label, of whose policies it takes.
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
  std::vector<kube::ResourceRef> Shared(const cache::Primary& self) const override;
  std::shared_ptr<const cache::Primary> Heir(
      const cache::Child& orphan,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;

 private:
  const operands::ImageTable images_;
  const std::shared_ptr<const alertpolicy::Compiler> policies_;
};

}  // namespace belvedere::monitoringstack

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "controllers/logpipeline/running.h"
#include "controllers/operands/images.h"
#include "operator/runtime/kind.h"

namespace belvedere::logpipeline {

inline constexpr kube::ResourceType kLogPipeline{"belvedere.dev/v1alpha1/LogPipeline/logpipelines"};

// The LogPipeline as the engine sees it.
class LogPipelineKind final : public runtime::Kind {
 public:
  explicit LogPipelineKind(operands::ImageTable images) : images_(std::move(images)) {}

  const kube::ResourceType& type() const override;
  std::span<const kube::ResourceType> child_types() const override;
  // A tenant's records are told apart by the UID of its namespace.
  runtime::NamespaceUse namespace_use() const override { return runtime::NamespaceUse::kUid; }
  // Its outputs may name stacks.
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
  const SpecReader reader_;
};

}  // namespace belvedere::logpipeline

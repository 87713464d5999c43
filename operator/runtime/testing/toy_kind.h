#pragma once

#include <string>

#include "operator/runtime/kind.h"

namespace belvedere::runtime {

inline constexpr kube::ResourceType kToyType{"toys.belvedere.dev/v1/Toy/toys"};

inline constexpr kube::ResourceType kBoxType{"toys.belvedere.dev/v1/Box/boxes"};

// A small kind for tests of the engine. Its spec:
//   text: string        data of its ConfigMap
//   secret: true        asks for a Secret "<name>-secret", and its marker
//   extra: true         asks for a second ConfigMap, "<name>-extra"
//   shared: true        wants the ConfigMap "node/singleton", made by the oldest that wants it,
//                       also while that one is paused or refused
//   reload: string      wanted hash of the pods of its StatefulSet
//   management: Paused
//   refused: string     the plan refuses the spec for this reason
// Children: ConfigMap and StatefulSet "<name>", ClusterRoleBinding "<namespace>-<name>".
// The ConfigMap's data also tells of the boxes that name it.
class ToyKind final : public Kind {
 public:
  const kube::ResourceType& type() const override { return kToyType; }
  NamespaceUse namespace_use() const override { return NamespaceUse::kLabels; }
  std::span<const kube::ResourceType> reads() const override;
  std::vector<kube::ObjectKey> Concerned(
      const kube::ResourceType& type, const cache::Primary& other,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;
  std::span<const kube::ResourceType> child_types() const override;
  Plan MakePlan(const cache::Primary& self, const World& world) const override;
  std::string PlanInputs(const cache::Primary& self, const World& world) const override;
  Report MakeReport(const cache::Primary& self, const World& world, const Plan& plan,
                    const Outcome& outcome) const override;
  std::vector<kube::ResourceRef> Shared(const cache::Primary& self) const override;
  std::shared_ptr<const cache::Primary> Heir(
      const cache::Child& orphan,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;
};

// What lies beside a toy, for tests of kinds that read each other. Its spec:
//   toy: string         the toy of its namespace that it belongs to
//   text: string        added to the data of that toy's ConfigMap
// Its status: `children`, as the toy's status has it. It has no children of its own.
class BoxKind final : public Kind {
 public:
  const kube::ResourceType& type() const override { return kBoxType; }
  std::span<const kube::ResourceType> child_types() const override { return {}; }
  std::span<const kube::ResourceType> reads() const override;
  std::vector<kube::ObjectKey> Concerned(
      const kube::ResourceType& type, const cache::Primary& other,
      std::span<const std::shared_ptr<const cache::Primary>> peers) const override;
  Plan MakePlan(const cache::Primary& self, const World& world) const override;
  std::string PlanInputs(const cache::Primary& self, const World& world) const override;
  Report MakeReport(const cache::Primary& self, const World& world, const Plan& plan,
                    const Outcome& outcome) const override;
  std::vector<kube::ResourceRef> Shared(const cache::Primary& /*self*/) const override {
    return {};
  }
  std::shared_ptr<const cache::Primary> Heir(
      const cache::Child& /*orphan*/,
      std::span<const std::shared_ptr<const cache::Primary>> /*peers*/) const override {
    return nullptr;
  }
};

inline kube::ResourceRef BoxRef(const std::string& name, const std::string& ns = "toys") {
  return {kBoxType, {ns, name}};
}
inline kube::ResourceRef ToyRef(const std::string& name, const std::string& ns = "toys") {
  return {kToyType, {ns, name}};
}
inline kube::ResourceRef ConfigMapRef(const std::string& name, const std::string& ns = "toys") {
  return {kube::types::kConfigMap, {ns, name}};
}
inline kube::ResourceRef StatefulSetRef(const std::string& name, const std::string& ns = "toys") {
  return {kube::types::kStatefulSet, {ns, name}};
}
inline kube::ResourceRef BindingRef(const std::string& name, const std::string& ns = "toys") {
  return {kube::types::kClusterRoleBinding, {"", ns + "-" + name}};
}
inline kube::ResourceRef SingletonRef() { return ConfigMapRef("singleton", "node"); }

}  // namespace belvedere::runtime

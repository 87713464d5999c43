#pragma once

#include <string>

#include "operator/runtime/kind.h"

namespace belvedere::runtime {

inline constexpr kube::ResourceType kToyType{"toys.belvedere.dev", "v1", "Toy", "toys"};

// A small kind for tests of the engine. Its spec:
//   text: string        data of its ConfigMap
//   extra: true         asks for a second ConfigMap, "<name>-extra"
//   shared: true        wants the ConfigMap "node/singleton", made by the oldest that wants it,
//                       also while that one is paused or refused
//   reload: string      wanted hash of the pods of its StatefulSet
//   management: Paused
//   refused: string     the plan refuses the spec for this reason
// Children: ConfigMap and StatefulSet "<name>", ClusterRoleBinding "<namespace>-<name>".
class ToyKind final : public Kind {
 public:
  const kube::ResourceType& type() const override { return kToyType; }
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

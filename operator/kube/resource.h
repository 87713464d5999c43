#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operator/base/json.h"

namespace belvedere::kube {

enum class Scope : std::uint8_t { kNamespaced, kCluster };

// One served kind, in 16 bytes, because every child names its own. Views a text of static storage,
// "group/version/Kind/plural", whose group is empty for core. Compared by value.
class ResourceType {
 public:
  constexpr ResourceType() = default;
  // The text outlives the type and its copies. Throws std::invalid_argument if it has not four
  // parts: a constant does not compile then.
  constexpr explicit ResourceType(std::string_view text, Scope scope = Scope::kNamespaced)
      : text_(text.data()), scope_(scope) {
    if (std::ranges::count(text, '/') != kParts - 1 || text.size() > kLongest) {
      throw std::invalid_argument("not group/version/Kind/plural");
    }
    std::size_t from = 0;
    for (std::uint8_t& end : ends_) {
      end = static_cast<std::uint8_t>(std::min(text.find('/', from), text.size()));
      from = end + std::size_t{1};
    }
  }

  constexpr std::string_view group() const { return Part(0); }
  constexpr std::string_view version() const { return Part(1); }
  constexpr std::string_view kind() const { return Part(2); }
  constexpr std::string_view plural() const { return Part(3); }
  constexpr Scope scope() const { return scope_; }
  std::string ApiVersion() const;  // "apps/v1", or "v1" for core

  friend constexpr bool operator==(const ResourceType& a, const ResourceType& b) {
    return a.text() == b.text() && a.scope_ == b.scope_;
  }
  friend constexpr auto operator<=>(const ResourceType& a, const ResourceType& b) {
    if (const auto order = a.text() <=> b.text(); order != 0) return order;
    return a.scope_ <=> b.scope_;
  }

 private:
  static constexpr std::size_t kParts = 4;
  static constexpr std::size_t kLongest = 255;

  constexpr std::string_view text() const { return {text_, ends_.back()}; }
  constexpr std::string_view Part(std::size_t index) const {
    const std::size_t from = index == 0 ? 0 : ends_[index - 1] + std::size_t{1};
    return text().substr(from, ends_[index] - from);
  }

  const char* text_ = "///";
  std::array<std::uint8_t, kParts> ends_{0, 1, 2, 3};  // offset of what follows each part
  Scope scope_ = Scope::kNamespaced;
};

// Namespace and name; the namespace is empty for cluster-scoped objects.
struct ObjectKey {
  std::string ns;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
};

std::string ToString(const ObjectKey& key);  // "ns/name" or "name"

// Which object, of which kind.
struct ResourceRef {
  ResourceType type;
  ObjectKey key;

  auto operator<=>(const ResourceRef&) const = default;
};

std::string ToString(const ResourceRef& ref);  // "ConfigMap ns/name"

// Kinds of Kubernetes itself that the engine or a plan may name.
namespace types {
inline constexpr ResourceType kConfigMap{"/v1/ConfigMap/configmaps"};
inline constexpr ResourceType kSecret{"/v1/Secret/secrets"};
inline constexpr ResourceType kService{"/v1/Service/services"};
inline constexpr ResourceType kServiceAccount{"/v1/ServiceAccount/serviceaccounts"};
inline constexpr ResourceType kPod{"/v1/Pod/pods"};
inline constexpr ResourceType kNamespace{"/v1/Namespace/namespaces", Scope::kCluster};
inline constexpr ResourceType kDeployment{"apps/v1/Deployment/deployments"};
inline constexpr ResourceType kStatefulSet{"apps/v1/StatefulSet/statefulsets"};
inline constexpr ResourceType kDaemonSet{"apps/v1/DaemonSet/daemonsets"};
inline constexpr ResourceType kPodDisruptionBudget{
    "policy/v1/PodDisruptionBudget/poddisruptionbudgets"};
inline constexpr ResourceType kNetworkPolicy{"networking.k8s.io/v1/NetworkPolicy/networkpolicies"};
inline constexpr ResourceType kRoleBinding{"rbac.authorization.k8s.io/v1/RoleBinding/rolebindings"};
inline constexpr ResourceType kClusterRoleBinding{
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding/clusterrolebindings", Scope::kCluster};
inline constexpr ResourceType kLease{"coordination.k8s.io/v1/Lease/leases"};
inline constexpr ResourceType kEvent{"events.k8s.io/v1/Event/events"};
inline constexpr ResourceType kTokenReview{"authentication.k8s.io/v1/TokenReview/tokenreviews",
                                           Scope::kCluster};
inline constexpr ResourceType kSubjectAccessReview{
    "authorization.k8s.io/v1/SubjectAccessReview/subjectaccessreviews", Scope::kCluster};
}  // namespace types

// Reads of an object's metadata. Missing fields read as empty or 0.
ObjectKey KeyOf(const Json& object);
std::string UidOf(const Json& object);
// resourceVersion as a number; comparable within one kind (KEP-5504). 0: none.
std::uint64_t ResourceVersionOf(const Json& object);
std::int64_t GenerationOf(const Json& object);
// UID of the ownerReference with controller=true, or empty.
std::string ControllerUidOf(const Json& object);
// A label or annotation, or empty.
std::string LabelOf(const Json& object, const std::string& name);
std::string AnnotationOf(const Json& object, const std::string& name);

}  // namespace belvedere::kube

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "operator/base/json.h"

namespace belvedere::kube {

enum class Scope { kNamespaced, kCluster };

// One served kind. Instances are constants with static storage; compared by address-free value.
struct ResourceType {
  std::string_view group;  // "" for core
  std::string_view version;
  std::string_view kind;
  std::string_view plural;
  Scope scope = Scope::kNamespaced;

  std::string ApiVersion() const;
  auto operator<=>(const ResourceType&) const = default;
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
inline constexpr ResourceType kConfigMap{"", "v1", "ConfigMap", "configmaps"};
inline constexpr ResourceType kSecret{"", "v1", "Secret", "secrets"};
inline constexpr ResourceType kService{"", "v1", "Service", "services"};
inline constexpr ResourceType kServiceAccount{"", "v1", "ServiceAccount", "serviceaccounts"};
inline constexpr ResourceType kPod{"", "v1", "Pod", "pods"};
inline constexpr ResourceType kNamespace{"", "v1", "Namespace", "namespaces", Scope::kCluster};
inline constexpr ResourceType kDeployment{"apps", "v1", "Deployment", "deployments"};
inline constexpr ResourceType kStatefulSet{"apps", "v1", "StatefulSet", "statefulsets"};
inline constexpr ResourceType kDaemonSet{"apps", "v1", "DaemonSet", "daemonsets"};
inline constexpr ResourceType kPodDisruptionBudget{"policy", "v1", "PodDisruptionBudget",
                                                   "poddisruptionbudgets"};
inline constexpr ResourceType kNetworkPolicy{"networking.k8s.io", "v1", "NetworkPolicy",
                                             "networkpolicies"};
inline constexpr ResourceType kRoleBinding{"rbac.authorization.k8s.io", "v1", "RoleBinding",
                                           "rolebindings"};
inline constexpr ResourceType kClusterRoleBinding{"rbac.authorization.k8s.io", "v1",
                                                  "ClusterRoleBinding", "clusterrolebindings",
                                                  Scope::kCluster};
inline constexpr ResourceType kLease{"coordination.k8s.io", "v1", "Lease", "leases"};
inline constexpr ResourceType kEvent{"events.k8s.io", "v1", "Event", "events"};
inline constexpr ResourceType kTokenReview{"authentication.k8s.io", "v1", "TokenReview",
                                           "tokenreviews", Scope::kCluster};
inline constexpr ResourceType kSubjectAccessReview{
    "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", Scope::kCluster};
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

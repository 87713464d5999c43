#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/operands/operand.h"
#include "operator/base/json.h"
#include "operator/kube/resource.h"
#include "operator/runtime/kind.h"

// Pieces of Kubernetes objects, written as the API server stores them (cache/owned_hash.h): inside
// lists and maps that server-side apply treats as one value, defaults are spelled out as well.
namespace belvedere::operands {

using Labels = std::map<std::string, std::string>;

// Who an object belongs to, in labels.
struct Identity {
  std::string component;
  std::string instance;  // the resource's name; of singletons "cluster"
  Sharing sharing = Sharing::kPerStack;
  std::string owner_kind = "monitoringstacks";  // plural

  // The pods of this operand: immutable, in every selector.
  Labels Selector() const;
  // Of objects and pod templates.
  Labels All() const;
};

Identity IdentityOf(const StackRef& stack, std::string_view component);
Identity SingletonIdentity(std::string_view component);

// Pods that other operands must let in: the operator, and the Prometheus of any stack.
Labels OperatorLabels();
Labels ScraperLabels();

Json ToJson(const Labels& labels);

// An object with metadata only. `ns` is empty for cluster-scoped kinds.
runtime::Intent MakeObject(const kube::ResourceType& type, const std::string& ns,
                           const std::string& name, const Identity& identity);

runtime::Intent MakeServiceAccount(const std::string& ns, const std::string& name,
                                   const Identity& identity);

// Binds one ServiceAccount to a ClusterRole that the install ships.
runtime::Intent MakeClusterRoleBinding(const std::string& name, const std::string& role,
                                       const kube::ObjectKey& account, const Identity& identity);

// Binds the ServiceAccount `name` of a namespace, by an object of the same name, to a ClusterRole
// that the install ships; its rights end with the namespace.
runtime::Intent MakeRoleBinding(const std::string& ns, const std::string& name,
                                const std::string& role, const Identity& identity);

struct Port {
  std::string name;
  int number = 0;
  std::string protocol = "TCP";
};

enum class ServiceKind { kClusterIp, kHeadless };

// A Service in front of the operand's pods. A headless one also names pods that are not ready, as
// gossip needs.
runtime::Intent MakeService(ServiceKind kind, const std::string& ns, const std::string& name,
                            const Identity& identity, const std::vector<Port>& ports);
// Its name in DNS; those of a StatefulSet's pods are below that of the Service that governs it.
std::string ServiceHost(const kube::ObjectKey& service);

// At most one pod of the operand may be evicted at a time.
runtime::Intent MakeDisruptionBudget(const std::string& ns, const std::string& name,
                                     const Identity& identity);

// One rule of a NetworkPolicy: who may connect to which ports.
Json AllowFrom(const Json& peers, const std::vector<Port>& ports);
Json PodsOf(const Identity& identity);                   // same namespace
Json NamespacePods();                                    // all of the same namespace
Json PodsAnywhere(const Labels& labels);                 // any namespace
Json PodsIn(std::string_view ns, const Labels& labels);  // one namespace

// Nothing but `ingress` may connect to the operand's pods; they may connect to anything.
runtime::Intent MakeIngressPolicy(const std::string& ns, const std::string& name,
                                  const Identity& identity, Json ingress);

runtime::Intent MakeConfigMap(const std::string& ns, const std::string& name,
                              const Identity& identity,
                              const std::map<std::string, std::string>& data);

// Parts of pods.
enum class Token { kMounted, kNone };
Json ContainerPorts(const std::vector<Port>& ports);
Json HttpProbe(std::string_view path, std::string_view port, int period_seconds,
               int failure_threshold);
Json ToJson(const monitoringstack::Resources& resources);
Json RequestsOnly(std::string_view cpu, std::string_view memory);
// Pod Security "restricted": uid 65534, nothing writable but volumes, no capabilities.
Json RestrictedPodContext();
Json RestrictedContainerContext();
// An environment variable from a field of the pod.
Json FieldEnv(std::string_view name, std::string_view path);
Json Mount(std::string_view volume, std::string_view path);
Json ReadOnlyMount(std::string_view volume, std::string_view path);
Json ConfigMapVolume(const std::string& name, const std::string& config_map);
Json EmptyDir(const std::string& name, std::string_view size_limit);

// What all pods have in common: account, security context, no service links, placement, and a
// wish to stand on different nodes and zones. Containers and volumes are the caller's.
Json PodSpec(const std::string& account, Token token, const Identity& identity,
             const monitoringstack::Placement& placement);
Json PodTemplate(const Identity& identity, Json pod_spec);

// A StatefulSet behind this Service. Its pods wait for no other: by default one that crashes is not
// replaced, whatever is corrected (kubernetes/kubernetes#67250).
runtime::Intent MakeStatefulSet(const kube::ObjectKey& key, const Identity& identity,
                                const std::string& service, int replicas, Json pod_template);

// The volume of a StatefulSet's pods, called `data`: a claim where `storage` has a size, and then
// it goes with the StatefulSet; else an emptyDir of at most `demo_limit`.
void AddDataVolume(const monitoringstack::Storage& storage, std::string_view demo_limit,
                   const Identity& identity, Json& stateful_set_spec);

}  // namespace belvedere::operands

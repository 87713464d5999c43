#include "controllers/operands/builders.h"

#include <utility>

#include "operator/cache/projection.h"

namespace belvedere::operands {
namespace {

constexpr int kNobody = 65534;
constexpr const char* kNameLabel = "app.kubernetes.io/name";
constexpr const char* kInstanceLabel = "app.kubernetes.io/instance";
constexpr const char* kPartOfLabel = "app.kubernetes.io/part-of";
constexpr const char* kNamespaceNameLabel = "kubernetes.io/metadata.name";

Json MatchLabels(const Labels& labels) { return Json{{"matchLabels", ToJson(labels)}}; }

Json SpreadOver(const Identity& identity, std::string_view topology_key) {
  return Json{{"maxSkew", 1},
              {"topologyKey", topology_key},
              {"whenUnsatisfiable", "ScheduleAnyway"},
              {"labelSelector", MatchLabels(identity.Selector())}};
}

Json PreferOtherNodes(const Identity& identity) {
  Json term = {{"weight", 100},
               {"podAffinityTerm",
                {{"labelSelector", MatchLabels(identity.Selector())},
                 {"topologyKey", "kubernetes.io/hostname"}}}};
  Json terms = Json::array();
  terms.push_back(std::move(term));
  return Json{
      {"podAntiAffinity", {{"preferredDuringSchedulingIgnoredDuringExecution", std::move(terms)}}}};
}

Json ToJson(const monitoringstack::Toleration& toleration) {
  Json result = Json::object();
  if (!toleration.key.empty()) result["key"] = toleration.key;
  if (!toleration.op.empty()) result["operator"] = toleration.op;
  if (!toleration.value.empty()) result["value"] = toleration.value;
  if (!toleration.effect.empty()) result["effect"] = toleration.effect;
  if (toleration.seconds) result["tolerationSeconds"] = *toleration.seconds;
  return result;
}

Json ToJson(const std::map<std::string, Quantity>& quantities) {
  Json result = Json::object();
  for (const auto& [name, quantity] : quantities) result[name] = quantity.Canonical();
  return result;
}

void Bind(const std::string& role, const kube::ObjectKey& account, Json& binding) {
  binding["roleRef"] = {
      {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", role}};
  binding["subjects"] = Json::array();
  binding["subjects"].push_back(
      {{"kind", "ServiceAccount"}, {"name", account.name}, {"namespace", account.ns}});
}

}  // namespace

Labels Identity::Selector() const {
  return {{kNameLabel, component},
          {kInstanceLabel, instance},
          {cache::kManagedByLabel, cache::kManagedByValue}};
}

Labels Identity::All() const {
  Labels labels = Selector();
  labels[cache::kComponentLabel] = component;
  labels[kPartOfLabel] = "belvedere";
  // An heir of a singleton must not restart its pods.
  if (sharing == Sharing::kPerStack) {
    labels[cache::kOwnerKindLabel] = owner_kind;
    labels[cache::kOwnerNameLabel] = instance;
  }
  return labels;
}

Identity IdentityOf(const StackRef& stack, std::string_view component) {
  return {.component = std::string(component), .instance = stack.name};
}

Identity SingletonIdentity(std::string_view component) {
  return {
      .component = std::string(component), .instance = "cluster", .sharing = Sharing::kSingleton};
}

Labels OperatorLabels() {
  return {{kNameLabel, "belvedere"}, {cache::kComponentLabel, "operator"}};
}

Labels ScraperLabels() {
  return {{kNameLabel, "prometheus"}, {cache::kManagedByLabel, cache::kManagedByValue}};
}

Json ToJson(const Labels& labels) {
  Json result = Json::object();
  for (const auto& [key, value] : labels) result[key] = value;
  return result;
}

runtime::Intent MakeObject(const kube::ResourceType& type, const std::string& ns,
                           const std::string& name, const Identity& identity) {
  Json metadata = {{"name", name}, {"labels", ToJson(identity.All())}};
  if (!ns.empty()) metadata["namespace"] = ns;
  return {.type = type,
          .object = {{"apiVersion", type.ApiVersion()},
                     {"kind", type.kind()},
                     {"metadata", std::move(metadata)}}};
}

runtime::Intent MakeServiceAccount(const std::string& ns, const std::string& name,
                                   const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kServiceAccount, ns, name, identity);
  intent.object["automountServiceAccountToken"] = false;
  return intent;
}

runtime::Intent MakeClusterRoleBinding(const std::string& name, const std::string& role,
                                       const kube::ObjectKey& account, const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kClusterRoleBinding, "", name, identity);
  Bind(role, account, intent.object);
  return intent;
}

runtime::Intent MakeRoleBinding(const std::string& ns, const std::string& name,
                                const std::string& role, const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kRoleBinding, ns, name, identity);
  Bind(role, {.ns = ns, .name = name}, intent.object);
  return intent;
}

runtime::Intent MakeService(ServiceKind kind, const std::string& ns, const std::string& name,
                            const Identity& identity, const std::vector<Port>& ports) {
  runtime::Intent intent = MakeObject(kube::types::kService, ns, name, identity);
  Json spec = {{"selector", ToJson(identity.Selector())}, {"ports", Json::array()}};
  for (const Port& port : ports) {
    spec["ports"].push_back({{"name", port.name},
                             {"port", port.number},
                             {"protocol", port.protocol},
                             {"targetPort", port.name}});
  }
  if (kind == ServiceKind::kHeadless) {
    spec["clusterIP"] = "None";
    spec["publishNotReadyAddresses"] = true;
  }
  intent.object["spec"] = std::move(spec);
  return intent;
}

std::string ServiceHost(const kube::ObjectKey& service) {
  return service.name + "." + service.ns + ".svc";
}

runtime::Intent MakeDisruptionBudget(const std::string& ns, const std::string& name,
                                     const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kPodDisruptionBudget, ns, name, identity);
  intent.object["spec"] = {{"maxUnavailable", 1},
                           {"selector", MatchLabels(identity.Selector())},
                           {"unhealthyPodEvictionPolicy", "AlwaysAllow"}};
  return intent;
}

Json AllowFrom(const Json& peers, const std::vector<Port>& ports) {
  Json rule = {{"from", peers}, {"ports", Json::array()}};
  for (const Port& port : ports) {
    rule["ports"].push_back({{"protocol", port.protocol}, {"port", port.number}});
  }
  return rule;
}

Json PodsOf(const Identity& identity) {
  return Json{{"podSelector", MatchLabels(identity.Selector())}};
}

Json NamespacePods() { return Json{{"podSelector", Json::object()}}; }

Json PodsAnywhere(const Labels& labels) {
  return Json{{"namespaceSelector", Json::object()}, {"podSelector", MatchLabels(labels)}};
}

Json PodsIn(std::string_view ns, const Labels& labels) {
  return Json{{"namespaceSelector", MatchLabels({{kNamespaceNameLabel, std::string(ns)}})},
              {"podSelector", MatchLabels(labels)}};
}

runtime::Intent MakeIngressPolicy(const std::string& ns, const std::string& name,
                                  const Identity& identity, Json ingress) {
  runtime::Intent intent = MakeObject(kube::types::kNetworkPolicy, ns, name, identity);
  intent.object["spec"] = {{"podSelector", MatchLabels(identity.Selector())},
                           {"policyTypes", Json::array({"Ingress"})},
                           {"ingress", std::move(ingress)}};
  return intent;
}

runtime::Intent MakeConfigMap(const std::string& ns, const std::string& name,
                              const Identity& identity,
                              const std::map<std::string, std::string>& data) {
  runtime::Intent intent = MakeObject(kube::types::kConfigMap, ns, name, identity);
  intent.object["data"] = Json(data);
  return intent;
}

Json ContainerPorts(const std::vector<Port>& ports) {
  Json result = Json::array();
  for (const Port& port : ports) {
    result.push_back(
        {{"name", port.name}, {"containerPort", port.number}, {"protocol", port.protocol}});
  }
  return result;
}

Json HttpProbe(std::string_view path, std::string_view port, int period_seconds,
               int failure_threshold) {
  return Json{{"httpGet", {{"path", path}, {"port", port}}},
              {"periodSeconds", period_seconds},
              {"failureThreshold", failure_threshold},
              {"timeoutSeconds", 3}};
}

Json ToJson(const monitoringstack::Resources& resources) {
  Json result = Json::object();
  if (!resources.requests.empty()) result["requests"] = ToJson(resources.requests);
  if (!resources.limits.empty()) result["limits"] = ToJson(resources.limits);
  return result;
}

Json RequestsOnly(std::string_view cpu, std::string_view memory) {
  return Json{{"requests", {{"cpu", cpu}, {"memory", memory}}}};
}

Json RestrictedPodContext() {
  return Json{{"runAsNonRoot", true},
              {"runAsUser", kNobody},
              {"runAsGroup", kNobody},
              {"fsGroup", kNobody},
              {"fsGroupChangePolicy", "OnRootMismatch"},
              {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

Json RestrictedContainerContext() {
  return Json{{"allowPrivilegeEscalation", false},
              {"readOnlyRootFilesystem", true},
              {"capabilities", {{"drop", Json::array({"ALL"})}}}};
}

Json FieldEnv(std::string_view name, std::string_view path) {
  return Json{{"name", name},
              {"valueFrom", {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}};
}

Json Mount(std::string_view volume, std::string_view path) {
  return Json{{"name", volume}, {"mountPath", path}};
}

Json ReadOnlyMount(std::string_view volume, std::string_view path) {
  return Json{{"name", volume}, {"mountPath", path}, {"readOnly", true}};
}

Json ConfigMapVolume(const std::string& name, const std::string& config_map) {
  return Json{{"name", name}, {"configMap", {{"name", config_map}}}};
}

Json EmptyDir(const std::string& name, std::string_view size_limit) {
  return Json{{"name", name}, {"emptyDir", {{"sizeLimit", size_limit}}}};
}

Json PodSpec(const std::string& account, Token token, const Identity& identity,
             const monitoringstack::Placement& placement) {
  Json spec = {{"serviceAccountName", account},
               {"automountServiceAccountToken", token == Token::kMounted},
               {"enableServiceLinks", false},
               {"securityContext", RestrictedPodContext()},
               {"affinity", PreferOtherNodes(identity)},
               {"topologySpreadConstraints", Json::array()},
               {"nodeSelector", {{"kubernetes.io/os", "linux"}}}};
  spec["topologySpreadConstraints"].push_back(SpreadOver(identity, "topology.kubernetes.io/zone"));
  for (const auto& [key, value] : placement.node_selector) spec["nodeSelector"][key] = value;
  for (const monitoringstack::Toleration& toleration : placement.tolerations) {
    spec["tolerations"].push_back(ToJson(toleration));
  }
  return spec;
}

Json PodTemplate(const Identity& identity, Json pod_spec) {
  return Json{{"metadata", {{"labels", ToJson(identity.All())}}}, {"spec", std::move(pod_spec)}};
}

runtime::Intent MakeStatefulSet(const kube::ObjectKey& key, const Identity& identity,
                                const std::string& service, int replicas, Json pod_template) {
  runtime::Intent intent = MakeObject(kube::types::kStatefulSet, key.ns, key.name, identity);
  intent.object["spec"] = {{"serviceName", service},
                           {"replicas", replicas},
                           {"podManagementPolicy", "Parallel"},
                           {"updateStrategy", {{"type", "RollingUpdate"}}},
                           {"selector", {{"matchLabels", ToJson(identity.Selector())}}},
                           {"template", std::move(pod_template)}};
  return intent;
}

void AddDataVolume(const monitoringstack::Storage& storage, std::string_view demo_limit,
                   const Identity& identity, Json& stateful_set_spec) {
  if (!storage.size) {
    stateful_set_spec["template"]["spec"]["volumes"].push_back(EmptyDir("data", demo_limit));
    return;
  }
  // One value to server-side apply, so with the defaults of the API server.
  Json claim = {{"apiVersion", "v1"},
                {"kind", "PersistentVolumeClaim"},
                {"metadata", {{"name", "data"}, {"labels", ToJson(identity.All())}}},
                {"spec",
                 {{"accessModes", Json::array({"ReadWriteOnce"})},
                  {"resources", {{"requests", {{"storage", storage.size->Canonical()}}}}},
                  {"volumeMode", "Filesystem"}}},
                {"status", {{"phase", "Pending"}}}};
  if (!storage.class_name.empty()) claim["spec"]["storageClassName"] = storage.class_name;
  stateful_set_spec["volumeClaimTemplates"] = Json::array();
  stateful_set_spec["volumeClaimTemplates"].push_back(std::move(claim));
  stateful_set_spec["persistentVolumeClaimRetentionPolicy"] = {{"whenDeleted", "Delete"},
                                                               {"whenScaled", "Retain"}};
}

}  // namespace belvedere::operands

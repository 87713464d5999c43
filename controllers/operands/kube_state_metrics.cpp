#include "controllers/operands/kube_state_metrics.h"

#include "controllers/monitoringstack/profile.h"
#include "controllers/operands/builders.h"

namespace belvedere::operands {
namespace {

using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "kube-state-metrics";
constexpr const char* kRole = "belvedere-kube-state-metrics";
constexpr int kPort = 8080;
constexpr int kTelemetryPort = 8081;

// What the ClusterRole of the install lets it read: everything but Secrets and ConfigMaps, whose
// content it would get along with their names.
constexpr std::string_view kResources =
    "certificatesigningrequests,cronjobs,daemonsets,deployments,endpointslices,"
    "horizontalpodautoscalers,ingresses,ingressclasses,jobs,limitranges,"
    "mutatingwebhookconfigurations,namespaces,networkpolicies,nodes,persistentvolumeclaims,"
    "persistentvolumes,poddisruptionbudgets,pods,replicasets,replicationcontrollers,"
    "resourcequotas,serviceaccounts,services,statefulsets,storageclasses,"
    "validatingwebhookconfigurations,volumeattachments";

std::vector<Port> Ports() { return {{"http-metrics", kPort}, {"telemetry", kTelemetryPort}}; }

kube::ResourceRef RefOf(const kube::ResourceType& type) {
  return {type, {.ns = std::string(kSystemNamespace), .name = std::string(kComponent)}};
}

Json Arguments(const Spec& spec) {
  Json args = Json::array({"--port=" + std::to_string(kPort),
                           "--telemetry-port=" + std::to_string(kTelemetryPort),
                           "--resources=" + std::string(kResources)});
  std::string labels;
  for (const std::string& entry : spec.targets.label_allowlist) {
    labels += (labels.empty() ? "" : ",") + entry;
  }
  if (!labels.empty()) args.push_back("--metric-labels-allowlist=" + labels);
  return args;
}

Json PodOf(const Input& input, const Identity& identity) {
  const auto& requests = monitoringstack::DefaultsOf(input.spec.profile).objects;
  Json pod = PodSpec(std::string(kComponent), Token::kMounted, identity, {});
  pod["containers"].push_back({{"name", kComponent},
                               {"image", ImageOf(KubeStateMetrics(), input)},
                               {"args", Arguments(input.spec)},
                               {"ports", ContainerPorts(Ports())},
                               {"resources", RequestsOnly(requests.cpu, requests.memory)},
                               {"securityContext", RestrictedContainerContext()},
                               {"livenessProbe", HttpProbe("/livez", "http-metrics", 10, 6)},
                               {"readinessProbe", HttpProbe("/readyz", "telemetry", 5, 3)}});
  return pod;
}

runtime::Intent MakeDeployment(const Input& input, const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kDeployment, std::string(kSystemNamespace),
                                      std::string(kComponent), identity);
  // Two at a time would report every object twice.
  intent.object["spec"] = {{"replicas", 1},
                           {"strategy", {{"type", "Recreate"}}},
                           {"selector", {{"matchLabels", ToJson(identity.Selector())}}},
                           {"template", PodTemplate(identity, PodOf(input, identity))}};
  return intent;
}

Result<Rendered> Render(const Input& input) {
  const std::string ns(kSystemNamespace);
  const std::string name(kComponent);
  const Identity identity = SingletonIdentity(kComponent);
  Rendered rendered;
  rendered.intents.push_back(MakeServiceAccount(ns, name, identity));
  rendered.intents.push_back(
      MakeClusterRoleBinding(kRole, kRole, {.ns = ns, .name = name}, identity));
  if (input.spec.network_policies == State::kEnabled) {
    Json ingress = Json::array();
    ingress.push_back(AllowFrom(Json::array({PodsAnywhere(ScraperLabels())}), Ports()));
    rendered.intents.push_back(MakeIngressPolicy(ns, name, identity, std::move(ingress)));
  }
  rendered.intents.push_back(MakeService(ServiceKind::kHeadless, ns, name, identity, Ports()));
  rendered.intents.push_back(MakeDeployment(input, identity));
  return rendered;
}

}  // namespace

Operand KubeStateMetrics() {
  return {.name = kComponent,
          .image = kKubeStateMetricsImage,
          .sharing = Sharing::kSingleton,
          .demand =
              [](const Spec& spec) {
                return spec.targets.objects == State::kEnabled ? Demand::kWanted
                                                               : Demand::kUnwanted;
              },
          .workload = [](const StackRef&) { return RefOf(kube::types::kDeployment); },
          .replicas = [](const Spec&) { return std::optional(1); },
          .render = Render,
          .singleton_objects =
              [] {
                return std::vector<kube::ResourceRef>{
                    RefOf(kube::types::kServiceAccount),
                    {kube::types::kClusterRoleBinding, {.ns = "", .name = kRole}},
                    RefOf(kube::types::kNetworkPolicy),
                    RefOf(kube::types::kService),
                    RefOf(kube::types::kDeployment)};
              }};
}

}  // namespace belvedere::operands

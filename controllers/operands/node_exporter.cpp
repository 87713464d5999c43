#include "controllers/operands/node_exporter.h"

#include "controllers/monitoringstack/profile.h"
#include "controllers/operands/builders.h"

namespace belvedere::operands {
namespace {

using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "node-exporter";
constexpr int kPort = 9100;

std::vector<Port> Ports() { return {{"metrics", kPort}}; }

kube::ResourceRef RefOf(const kube::ResourceType& type) {
  return {type, {.ns = std::string(kNodeNamespace), .name = std::string(kComponent)}};
}

Json Arguments() {
  // Names of virtual devices and of mounts that come and go with pods.
  return Json::array(
      {"--path.procfs=/host/root/proc", "--path.sysfs=/host/sys", "--path.rootfs=/host/root",
       "--path.udev.data=/host/root/run/udev/data", "--no-collector.wifi", "--no-collector.hwmon",
       "--no-collector.btrfs",
       "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/k3s/containerd/.+|"
       "run/containerd/.+|var/lib/(containerd|containers|docker|kubelet)/.+)($|/)",
       "--collector.netclass.ignored-devices=^(veth.*|[a-f0-9]{15}|cali.*|lxc.*)$",
       "--collector.netdev.device-exclude=^(veth.*|[a-f0-9]{15}|cali.*|lxc.*)$"});
}

Json HostVolume(std::string_view name, std::string_view path) {
  return Json{{"name", name}, {"hostPath", {{"path", path}}}};
}

Json HostMount(std::string_view name, std::string_view path) {
  Json mount = ReadOnlyMount(name, path);
  mount["mountPropagation"] = "HostToContainer";
  return mount;
}

Json PodOf(const Input& input) {
  const auto& requests = monitoringstack::DefaultsOf(input.spec.profile).nodes;
  Json pod = {{"serviceAccountName", kComponent},
              {"automountServiceAccountToken", false},
              {"enableServiceLinks", false},
              {"hostNetwork", true},
              {"hostPID", true},
              {"securityContext", RestrictedPodContext()},
              {"nodeSelector", {{"kubernetes.io/os", "linux"}}},
              {"tolerations", Json::array()},
              {"containers", Json::array()},
              {"volumes", Json::array()}};
  pod["tolerations"].push_back({{"operator", "Exists"}});
  Json container = {{"name", kComponent},
                    {"image", ImageOf(NodeExporter(), input)},
                    {"args", Arguments()},
                    {"ports", ContainerPorts(Ports())},
                    {"resources", RequestsOnly(requests.cpu, requests.memory)},
                    {"securityContext", RestrictedContainerContext()},
                    {"livenessProbe", HttpProbe("/", "metrics", 15, 4)},
                    {"readinessProbe", HttpProbe("/", "metrics", 5, 3)},
                    {"volumeMounts", Json::array()}};
  container["volumeMounts"].push_back(HostMount("root", "/host/root"));
  container["volumeMounts"].push_back(HostMount("sys", "/host/sys"));
  pod["containers"].push_back(std::move(container));
  pod["volumes"].push_back(HostVolume("root", "/"));
  pod["volumes"].push_back(HostVolume("sys", "/sys"));
  return pod;
}

runtime::Intent MakeDaemonSet(const Input& input, const Identity& identity) {
  runtime::Intent intent = MakeObject(kube::types::kDaemonSet, std::string(kNodeNamespace),
                                      std::string(kComponent), identity);
  intent.object["spec"] = {
      {"selector", {{"matchLabels", ToJson(identity.Selector())}}},
      {"updateStrategy",
       {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", "10%"}}}}},
      {"template", PodTemplate(identity, PodOf(input))}};
  return intent;
}

Result<Rendered> Render(const Input& input) {
  const std::string ns(kNodeNamespace);
  const std::string name(kComponent);
  const Identity identity = SingletonIdentity(kComponent);
  Rendered rendered;
  rendered.intents.push_back(MakeServiceAccount(ns, name, identity));
  if (input.spec.network_policies == State::kEnabled) {
    Json ingress = Json::array();
    ingress.push_back(AllowFrom(Json::array({PodsAnywhere(ScraperLabels())}), Ports()));
    rendered.intents.push_back(MakeIngressPolicy(ns, name, identity, std::move(ingress)));
  }
  rendered.intents.push_back(MakeService(ServiceKind::kHeadless, ns, name, identity, Ports()));
  rendered.intents.push_back(MakeDaemonSet(input, identity));
  return rendered;
}

}  // namespace

Operand NodeExporter() {
  return {.name = kComponent,
          .image = kNodeExporterImage,
          .sharing = Sharing::kSingleton,
          .demand =
              [](const Spec& spec) {
                return spec.targets.nodes == State::kEnabled ? Demand::kWanted : Demand::kUnwanted;
              },
          .workload = [](const StackRef&) { return RefOf(kube::types::kDaemonSet); },
          .replicas = [](const Spec&) -> std::optional<int> { return std::nullopt; },
          .render = Render,
          .singleton_objects =
              [] {
                return std::vector<kube::ResourceRef>{
                    RefOf(kube::types::kServiceAccount), RefOf(kube::types::kNetworkPolicy),
                    RefOf(kube::types::kService), RefOf(kube::types::kDaemonSet)};
              }};
}

}  // namespace belvedere::operands

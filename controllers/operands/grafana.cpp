#include "controllers/operands/grafana.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "controllers/config/dashboards/dashboards.h"
#include "controllers/config/grafana.h"
#include "controllers/config/loki.h"
#include "controllers/config/yaml.h"
#include "controllers/operands/alertmanager.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/loki.h"
#include "controllers/operands/prometheus.h"
#include "controllers/operands/restart.h"
#include "operator/base/hash.h"

namespace belvedere::operands {
namespace {

using monitoringstack::LogStore;
using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "grafana";
constexpr const char* kRole = "belvedere-dashboard-reader";
constexpr const char* kReader = "dashboard-reader";
constexpr int kReaderPort = 8080;
constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr const char* kHome = "/usr/share/grafana";
constexpr const char* kLargestDatabase = "1Gi";

std::string OwnName(const StackRef& stack) { return "grafana-" + stack.name; }

std::vector<Port> WebPorts() { return {{"web", config::kGrafanaPort}}; }

// Keys of the ConfigMap, and where they are below the folder of the config.
struct ConfigFile {
  const char* key;
  const char* path;
};
constexpr ConfigFile kIni{"grafana.ini", "grafana.ini"};
constexpr ConfigFile kSources{"datasources.yml", "provisioning/datasources/belvedere.yml"};
constexpr ConfigFile kProviders{"dashboards.yml", "provisioning/dashboards/belvedere.yml"};

Result<std::map<std::string, std::string>> MakeFiles(const Input& input) {
  const Result<std::string> ini = config::ini::ToIni(config::GrafanaIni());
  if (!ini) return Fail(ini.error());
  config::StackUrls urls{.prometheus = PrometheusUrl(input.stack),
                         .alertmanager = AlertmanagerUrl(input.stack),
                         .loki = ""};
  if (input.spec.logs.store == LogStore::kLoki) {
    urls.loki = LokiUrl(input.stack);
  }
  const Result<std::string> sources = config::ToYaml(config::GrafanaDataSources(urls));
  if (!sources) return Fail(sources.error());
  const Result<std::string> providers =
      config::ToYaml(config::GrafanaProviders(input.spec.dashboards));
  if (!providers) return Fail(providers.error());
  return std::map<std::string, std::string>{
      {kIni.key, *ini}, {kSources.key, *sources}, {kProviders.key, *providers}};
}

Json Items(std::initializer_list<ConfigFile> files) {
  Json items = Json::array();
  for (const ConfigFile& file : files) items.push_back({{"key", file.key}, {"path", file.path}});
  return items;
}

// The Secret of the admin where the spec names none.
std::optional<runtime::GeneratedSecret> GeneratedAdmin(const Input& input) {
  if (!input.spec.dashboards.admin_secret.empty()) return std::nullopt;
  return runtime::GeneratedSecret{
      .name = input.admin_secret, .known = {{"username", "admin"}}, .random = "password"};
}

Json Volumes(const Input& input, const RestartConfig& config) {
  Json volumes = Json::array();
  volumes.push_back(ConfigMapVolume("config", ConfigMapName(config)));
  volumes.back()["configMap"]["items"] = Items({kIni, kSources, kProviders});
  volumes.push_back(EmptyDir("tmp", "256Mi"));
  volumes.push_back(EmptyDir("dashboards", "16Mi"));
  const auto generated = GeneratedAdmin(input);
  volumes.push_back(
      {{"name", "admin"},
       {"secret",
        {{"secretName", generated ? generated->name : input.spec.dashboards.admin_secret},
         {"items", Items({{"username", "username"}, {"password", "password"}})}}}});
  return volumes;
}

// Writes the stack's dashboards where Grafana looks. As ConfigMaps they would be as large as all
// else of a stack, and the same in each.
Json DashboardsContainer(const Input& input) {
  Json container = {
      {"name", "dashboards"},
      {"image", input.images.Of(kAgentImage)},
      {"args", Json::array({"dashboards", "--directory", config::kGrafanaDashboards})},
      {"resources", RequestsOnly("10m", "16Mi")},
      {"securityContext", RestrictedContainerContext()},
      {"volumeMounts", Json::array({Mount("dashboards", config::kGrafanaDashboards)})}};
  for (const std::string_view uid :
       config::DashboardsOf(input.spec.targets, input.spec.logs.store)) {
    container["args"].push_back(uid);
  }
  return container;
}

Json ServerContainer(const Input& input) {
  const std::string home = kHome;
  return Json{
      {"name", kComponent},
      {"image", ImageOf(Grafana(), input)},
      // Not the image's script, which would ask for a shell and write into the image.
      {"command", Json::array({home + "/bin/grafana", "server"})},
      {"args", Json::array({"--homepath=" + home,
                            "--config=" + std::string(config::kGrafanaConfig) + "/" + kIni.path,
                            "--packaging=docker"})},
      {"ports", ContainerPorts(WebPorts())},
      {"resources", ToJson(input.spec.dashboards.resources)},
      {"securityContext", RestrictedContainerContext()},
      // The first start makes the tables of the database.
      {"startupProbe", HttpProbe("/api/health", "web", 5, 120)},
      {"livenessProbe", HttpProbe("/api/health", "web", 30, 6)},
      {"readinessProbe", HttpProbe("/api/health", "web", 5, 3)},
      {"volumeMounts", Json::array({ReadOnlyMount("config", config::kGrafanaConfig),
                                    Mount("data", config::kGrafanaData), Mount("tmp", "/tmp"),
                                    ReadOnlyMount("dashboards", config::kGrafanaDashboards),
                                    ReadOnlyMount("admin", config::kGrafanaAdmin)})}};
}

// A token for the reader's container alone: Grafana itself never sees one.
Json TokenVolume() {
  Json sources = Json::array();
  sources.push_back({{"serviceAccountToken", {{"path", "token"}, {"expirationSeconds", 3600}}}});
  sources.push_back(
      {{"configMap", {{"name", "kube-root-ca.crt"}, {"items", Items({{"ca.crt", "ca.crt"}})}}}});
  Json fields = Json::array();
  fields.push_back({{"path", "namespace"},
                    {"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}});
  sources.push_back({{"downwardAPI", {{"items", std::move(fields)}}}});
  return Json{{"name", "reader-token"}, {"projected", {{"sources", std::move(sources)}}}};
}

Json Variables(std::initializer_list<std::pair<const char*, std::string>> variables) {
  Json env = Json::array();
  for (const auto& [name, value] : variables) env.push_back({{"name", name}, {"value", value}});
  return env;
}

// Copies the user's dashboards, as they come and go, from ConfigMaps of this namespace to where
// Grafana looks.
void AddReader(const Input& input, Json& pod) {
  const auto& [label, value] = *input.spec.dashboards.own_label;
  Json reader = {
      {"name", kReader},
      {"image", input.images.Of(kDashboardReaderImage)},
      {"restartPolicy", "Always"},
      {"env", Variables({{"LABEL", label},
                         {"LABEL_VALUE", value},
                         {"RESOURCE", "configmap"},
                         {"NAMESPACE", input.stack.ns},
                         {"FOLDER", config::kGrafanaOwnDashboards},
                         {"UNIQUE_FILENAMES", "true"},
                         {"HEALTH_PORT", std::to_string(kReaderPort)}})},
      {"ports", ContainerPorts({{"reader", kReaderPort}})},
      {"resources", RequestsOnly("10m", "64Mi")},
      {"securityContext", RestrictedContainerContext()},
      {"livenessProbe", HttpProbe("/healthz", "reader", 30, 6)},
      {"volumeMounts",
       Json::array({Mount("own-dashboards", config::kGrafanaOwnDashboards),
                    Mount("reader-tmp", "/tmp"), ReadOnlyMount("reader-token", kAccount)})}};
  pod["initContainers"].push_back(std::move(reader));
  pod["containers"][0]["volumeMounts"].push_back(
      ReadOnlyMount("own-dashboards", config::kGrafanaOwnDashboards));
  pod["volumes"].push_back(EmptyDir("own-dashboards", "64Mi"));
  pod["volumes"].push_back(EmptyDir("reader-tmp", "64Mi"));
  pod["volumes"].push_back(TokenVolume());
}

runtime::Intent MakeStatefulSet(const Input& input, const Identity& identity,
                                const RestartConfig& config) {
  const std::string name = OwnName(input.stack);
  Json pod = PodSpec(name, Token::kNone, identity, input.spec.dashboards.placement);
  pod["initContainers"].push_back(DashboardsContainer(input));
  pod["containers"].push_back(ServerContainer(input));
  pod["volumes"] = Volumes(input, config);
  if (input.spec.dashboards.own_label) AddReader(input, pod);
  Json pod_template = PodTemplate(identity, std::move(pod));
  StampChecksum(config, pod_template);
  runtime::Intent intent = MakeStatefulSet({.ns = input.stack.ns, .name = name}, identity, name,
                                           input.spec.dashboards.replicas, std::move(pod_template));
  AddDataVolume(input.spec.dashboards.storage, kLargestDatabase, identity, intent.object["spec"]);
  intent.secret = GeneratedAdmin(input);
  return intent;
}

// Beside the Secret of its name, with the admin's password. Whoever deletes it gets another one.
runtime::Intent MakeAdminMarker(const std::string& ns, const std::string& name,
                                const Identity& identity) {
  return MakeConfigMap(ns, name, identity,
                       {{"secret", "is generated; delete this for another one"}});
}

std::string MarkerPrefix(const cache::Primary& self) {
  return OwnName({.ns = self.key.ns, .name = self.key.name}) + "-admin-";
}

// The marker that the stack has; empty: none.
std::string MarkerOf(const cache::Primary& self, const runtime::World& world) {
  const std::string prefix = MarkerPrefix(self);
  std::string found;
  for (const auto& child : world.children) {
    const std::string& name = child->ref.key.name;
    const bool is_marker = child->ref.type == kube::types::kConfigMap && !child->deleting &&
                           child->owned_hash != 0 && name.starts_with(prefix);
    if (is_marker && (found.empty() || name < found)) found = name;
  }
  return found;
}

std::string LastAdminSecret(const cache::Primary& self) {
  const Result<Json> status = ParseJson(self.status);
  return status ? StringAt(*status, std::string("/") + kAdminSecretField) : "";
}

Result<Rendered> Render(const Input& input) {
  const Result<std::map<std::string, std::string>> files = MakeFiles(input);
  if (!files) return Fail(files.error());
  const std::string& ns = input.stack.ns;
  const std::string name = OwnName(input.stack);
  const RestartConfig config = MakeRestartConfig(name, *files);
  const Identity identity = IdentityOf(input.stack, kComponent);
  Rendered rendered{.restart = config};
  std::vector<runtime::Intent>& intents = rendered.intents;
  intents.push_back(MakeServiceAccount(ns, name, identity));
  if (input.spec.dashboards.own_label) {
    intents.push_back(MakeRoleBinding(ns, name, kRole, identity));
  }
  if (input.spec.network_policies == State::kEnabled) {
    Json ingress = Json::array();
    ingress.push_back(AllowFrom(Json::array({NamespacePods()}), WebPorts()));
    intents.push_back(MakeIngressPolicy(ns, name, identity, std::move(ingress)));
  }
  if (const auto generated = GeneratedAdmin(input)) {
    intents.push_back(MakeAdminMarker(ns, generated->name, identity));
  }
  intents.push_back(MakeImmutableConfigMap(ns, config, *files, identity));
  intents.push_back(MakeService(ServiceKind::kClusterIp, ns, name, identity, WebPorts()));
  intents.push_back(MakeStatefulSet(input, identity, config));
  return rendered;
}

}  // namespace

std::string AdminSecretOf(const cache::Primary& self, const runtime::World& world) {
  const std::string marker = MarkerOf(self, world);
  if (!marker.empty()) return marker;
  return MarkerPrefix(self) + ShortHash(self.uid + "/" + LastAdminSecret(self));
}

std::string ReportedAdminSecret(const cache::Primary& self, const runtime::World& world) {
  const std::string marker = MarkerOf(self, world);
  return marker.empty() ? LastAdminSecret(self) : marker;
}

Operand Grafana() {
  return {.name = kComponent,
          .image = kGrafanaImage,
          .demand =
              [](const Spec& spec) {
                return spec.dashboards.state == State::kEnabled ? Demand::kWanted
                                                                : Demand::kUnwanted;
              },
          .spec_image = [](const Spec& spec) { return spec.dashboards.image; },
          .image_field = "spec.dashboards.image",
          .workload =
              [](const StackRef& stack) {
                return kube::ResourceRef{kube::types::kStatefulSet,
                                         {.ns = stack.ns, .name = OwnName(stack)}};
              },
          .replicas = [](const Spec& spec) { return std::optional(spec.dashboards.replicas); },
          .render = Render};
}

}  // namespace belvedere::operands

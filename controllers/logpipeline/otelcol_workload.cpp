#include "controllers/logpipeline/otelcol_workload.h"

#include "controllers/config/names.h"
#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/operands/builders.h"

namespace belvedere::logpipeline::otelcol {
namespace {

using operands::Mount;
using operands::ReadOnlyMount;

constexpr const char* kConfigVolume = "config";
constexpr const char* kConfigDir = "/etc/belvedere/config";
constexpr const char* kSecretsVolume = "secrets";
constexpr const char* kHealthPortName = "health";
// A line counts as read when it is in the buffer on disk, not while it waits in memory for others.
constexpr const char* kReadWhenKept = "--feature-gates=stanza.synchronousLogEmitter";

Json Environment(const Pod& pod) {
  Json env = Json::array();
  env.push_back(operands::FieldEnv(kNodeNameVariable, "spec.nodeName"));
  if (pod.aws_credentials) {
    env.push_back(
        {{"name", "AWS_SHARED_CREDENTIALS_FILE"}, {"value", MountedPath(*pod.aws_credentials)}});
  }
  return env;
}

// The collector, or its check beforehand, which opens what it would open.
Json Container(const Pod& pod, const char* name) {
  Json container = {{"name", name},
                    {"image", pod.image},
                    {"env", Environment(pod)},
                    {"resources", operands::RequestsOnly("50m", "128Mi")},
                    {"securityContext", ContainerContext(pod.place)},
                    {"terminationMessagePolicy", kLastWords},
                    {"volumeMounts", Json::array({ReadOnlyMount(kConfigVolume, kConfigDir),
                                                  Mount(kStateVolume, kStateDir)})}};
  Json& mounts = container["volumeMounts"];
  if (!pod.secrets.empty()) mounts.push_back(ReadOnlyMount(kSecretsVolume, kSecretsDir));
  if (pod.place == Place::kNode) mounts.push_back(ReadOnlyMount("logs", "/var/log"));
  return container;
}

std::string ConfigArgument() {
  return "--config=" + std::string(kConfigDir) + "/" + std::string(kConfigKey);
}

Json Check(const Pod& pod) {
  Json check = Container(pod, "check-config");
  check["args"] = Json::array({"validate", ConfigArgument(), kReadWhenKept});
  return check;
}

Json Collector(const Pod& pod) {
  std::vector<operands::Port> open{{std::string(config::kCollectorPort), kMetricsPort},
                                   {kHealthPortName, kHealthPort}};
  if (pod.place == Place::kGateway) open.push_back({"otlp", kOtlpPort});
  Json container = Container(pod, kContainerName);
  container["args"] = Json::array({ConfigArgument(), kReadWhenKept});
  container["ports"] = operands::ContainerPorts(open);
  container["startupProbe"] = operands::HttpProbe("/", kHealthPortName, 2, 60);
  container["readinessProbe"] = operands::HttpProbe("/", kHealthPortName, 5, 3);
  container["livenessProbe"] = operands::HttpProbe("/", kHealthPortName, 15, 4);
  return container;
}

}  // namespace

void AddCollector(const Pod& pod, Json& pod_spec) {
  for (const char* list : {"containers", "initContainers", "volumes"}) {
    if (!pod_spec.contains(list)) pod_spec[list] = Json::array();
  }
  pod_spec["containers"].push_back(Collector(pod));
  pod_spec["initContainers"].push_back(Check(pod));
  Json& volumes = pod_spec["volumes"];
  volumes.push_back(operands::ConfigMapVolume(kConfigVolume, pod.config_map));
  if (!pod.secrets.empty()) volumes.push_back(SecretsVolume(kSecretsVolume, pod.secrets));
  if (pod.place != Place::kNode) return;
  volumes.push_back(HostVolume("logs", "/var/log", "Directory"));
  volumes.push_back(HostVolume(kStateVolume, kStateDir, "DirectoryOrCreate"));
}

}  // namespace belvedere::logpipeline::otelcol

#include "controllers/logpipeline/fluentbit_workload.h"

#include "controllers/config/names.h"
#include "controllers/logpipeline/fluentbit_config.h"
#include "controllers/operands/builders.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

using operands::Mount;
using operands::ReadOnlyMount;

constexpr const char* kSecretsVolume = "secrets";
constexpr const char* kConfigDir = "/etc/belvedere/config";
constexpr std::string_view kHttpPortName = config::kFluentBitPort;

// Folders that must exist before Fluent Bit starts: the kubelet makes those of a subPath.
void AddStateMounts(Json& mounts) {
  for (const std::string folder : {"chunks", "db", "outputs"}) {
    Json mount = Mount(kStateVolume, std::string(kStateDir) + "/" + folder);
    mount["subPath"] = folder;
    mounts.push_back(std::move(mount));
  }
}

std::string ConfigPath(const Pod& pod) {
  const std::string folder = pod.place == Place::kGateway
                                 ? std::string(operands::kActiveDir) + "/" + kConfigMount
                                 : std::string(kConfigDir);
  return folder + "/" + kConfigKey;
}

Json Container(const Pod& pod) {
  std::vector<operands::Port> open{{std::string(kHttpPortName), kHttpPort}};
  if (pod.place == Place::kGateway) open.push_back({"forward", kForwardPort});
  Json container = {{"name", "fluent-bit"},
                    {"image", pod.image},
                    {"args", Json::array({"--config=" + ConfigPath(pod)})},
                    {"ports", operands::ContainerPorts(open)},
                    {"resources", operands::RequestsOnly("50m", "64Mi")},
                    {"securityContext", ContainerContext(pod.place)},
                    {"terminationMessagePolicy", kLastWords},
                    // Health by /api/v2/health would end pods because a receiver is away.
                    {"livenessProbe", operands::HttpProbe("/", kHttpPortName, 15, 4)},
                    {"readinessProbe", operands::HttpProbe("/", kHttpPortName, 5, 3)},
                    {"volumeMounts", Json::array()}};
  AddStateMounts(container["volumeMounts"]);
  if (pod.place == Place::kNode) {
    container["volumeMounts"].push_back(ReadOnlyMount("logs", "/var/log"));
    container["volumeMounts"].push_back(ReadOnlyMount("machine-id", "/etc/machine-id"));
  }
  return container;
}

// Fluent Bit's own check, before a pod takes a config: it reads the Secrets as well.
Json Check(const Pod& pod) {
  Json check = {{"name", "check"},
                {"image", pod.image},
                {"args", Json::array({"--dry-run",
                                      "--config=" + std::string(kConfigDir) + "/" + kConfigKey})},
                {"resources", operands::RequestsOnly("50m", "64Mi")},
                {"securityContext", ContainerContext(pod.place)},
                {"terminationMessagePolicy", kLastWords},
                {"volumeMounts", Json::array()}};
  check["volumeMounts"].push_back(ReadOnlyMount(pod.config.mount, kConfigDir));
  return check;
}

void AddSecrets(const Pod& pod, Json& container) {
  if (pod.secrets.empty()) return;
  container["volumeMounts"].push_back(ReadOnlyMount(kSecretsVolume, kSecretsDir));
  if (!pod.aws_credentials) return;
  container["env"] = Json::array();
  container["env"].push_back(
      {{"name", "AWS_SHARED_CREDENTIALS_FILE"}, {"value", MountedPath(*pod.aws_credentials)}});
}

}  // namespace

void AddFluentBit(const Pod& pod, Json& pod_spec) {
  Json container = Container(pod);
  Json check = Check(pod);
  AddSecrets(pod, container);
  AddSecrets(pod, check);
  for (const char* list : {"containers", "initContainers", "volumes"}) {
    if (!pod_spec.contains(list)) pod_spec[list] = Json::array();
  }
  pod_spec["containers"].push_back(std::move(container));
  pod_spec["initContainers"].push_back(std::move(check));
  if (!pod.secrets.empty())
    pod_spec["volumes"].push_back(SecretsVolume(kSecretsVolume, pod.secrets));
  if (pod.place == Place::kNode) {
    pod_spec["volumes"].push_back(HostVolume("logs", "/var/log", "Directory"));
    pod_spec["volumes"].push_back(HostVolume("machine-id", "/etc/machine-id", "File"));
    pod_spec["volumes"].push_back(HostVolume(kStateVolume, kStateDir, "DirectoryOrCreate"));
  }
  if (pod.place != Place::kGateway) {
    pod_spec["containers"].back()["volumeMounts"].push_back(
        ReadOnlyMount(pod.config.mount, kConfigDir));
    pod_spec["volumes"].push_back(
        operands::ConfigMapVolume(pod.config.mount, pod.config.config_map));
    return;
  }
  operands::AddAgent({pod.config}, pod.agent_image,
                     {.port = kHttpPort,
                      .reload_path = "/api/v2/reload",
                      .ready_path = "/",
                      .proof_counter = "hot_reload_count"},
                     pod_spec);
}

}  // namespace belvedere::logpipeline::fluentbit

#include "controllers/operands/reload.h"

namespace belvedere::operands {
namespace {

constexpr const char* kSourceRoot = "/etc/belvedere/source";
constexpr const char* kActiveRoot = "/etc/belvedere/active";
constexpr const char* kActiveVolume = "active-config";
// An object of the API server may have 1.5 MiB in etcd, a ConfigMap 1 MiB of data; the rest of the
// object and managedFields need room as well.
constexpr std::size_t kMaxConfigMapBytes = 900 * 1024;

Json AgentContainer(const std::vector<ConfigMount>& mounts, const std::string& image,
                    const Reloading& reloading) {
  const std::string operand = "http://127.0.0.1:" + std::to_string(reloading.port);
  Json container = {{"name", "agent"},
                    {"image", image},
                    {"restartPolicy", "Always"},
                    {"args", Json::array({"agent", "--source", kSourceRoot, "--active", kActiveRoot,
                                          "--reload-url", operand + reloading.reload_path,
                                          "--ready-url", operand + reloading.ready_path, "--listen",
                                          ":" + std::to_string(kAgentPort)})},
                    {"ports", ContainerPorts({{kAgentPortName, kAgentPort}})},
                    {"resources", RequestsOnly("10m", "16Mi")},
                    {"securityContext", RestrictedContainerContext()},
                    {"startupProbe", HttpProbe("/healthz", kAgentPortName, 1, 300)},
                    {"livenessProbe", HttpProbe("/healthz", kAgentPortName, 10, 6)},
                    {"volumeMounts", Json::array()}};
  if (!reloading.proof_counter.empty()) {
    container["args"].push_back("--proof-counter");
    container["args"].push_back(reloading.proof_counter);
  }
  for (const ConfigMount& mount : mounts) {
    container["volumeMounts"].push_back(
        ReadOnlyMount(mount.mount, std::string(kSourceRoot) + "/" + mount.mount));
  }
  container["volumeMounts"].push_back(Mount(kActiveVolume, kActiveRoot));
  return container;
}

}  // namespace

ConfigFiles FilesOf(const std::vector<ConfigMount>& mounts) {
  ConfigFiles files;
  for (const ConfigMount& mount : mounts) {
    for (const auto& [key, bytes] : mount.data) files[mount.mount + "/" + key] = bytes;
  }
  return files;
}

Result<std::vector<ConfigMount>> Shard(const std::map<std::string, std::string>& files,
                                       const std::string& mount, const std::string& prefix,
                                       const std::string& suffix) {
  std::vector<ConfigMount> shards;
  std::size_t used = 0;
  const auto add_shard = [&] {
    const std::string number = std::to_string(shards.size());
    shards.push_back({.mount = mount + "-" + number,
                      .config_map = prefix + "-" + number + "-" + suffix,
                      .data = {}});
    used = 0;
  };
  add_shard();
  for (const auto& [key, bytes] : files) {
    const std::size_t size = key.size() + bytes.size();
    if (size > kMaxConfigMapBytes) {
      return Fail(ErrorCode::kInvalid, key + " is larger than a ConfigMap may be");
    }
    if (used + size > kMaxConfigMapBytes) add_shard();
    shards.back().data[key] = bytes;
    used += size;
  }
  return shards;
}

void AddAgent(const std::vector<ConfigMount>& mounts, const std::string& image,
              const Reloading& reloading, Json& pod_spec) {
  pod_spec["initContainers"].push_back(AgentContainer(mounts, image, reloading));
  for (const ConfigMount& mount : mounts) {
    pod_spec["volumes"].push_back(ConfigMapVolume(mount.mount, mount.config_map));
  }
  pod_spec["volumes"].push_back(EmptyDir(kActiveVolume, "64Mi"));
  pod_spec["containers"][0]["volumeMounts"].push_back(ReadOnlyMount(kActiveVolume, kActiveRoot));
}

void AddAgent(const std::vector<ConfigMount>& mounts, const std::string& image, int web_port,
              Json& pod_spec) {
  AddAgent(mounts, image, Reloading{.port = web_port}, pod_spec);
}

}  // namespace belvedere::operands

#include "controllers/operands/reload.h"

namespace belvedere::operands {
namespace {

constexpr const char* kSourceRoot = "/etc/belvedere/source";
constexpr const char* kActiveRoot = "/etc/belvedere/active";
constexpr const char* kActiveVolume = "active-config";

std::vector<std::string> DirectoriesOf(const std::vector<ConfigMount>& mounts) {
  std::vector<std::string> directories;
  for (const ConfigMount& mount : mounts) {
    if (directories.empty() || directories.back() != mount.mount)
      directories.push_back(mount.mount);
  }
  return directories;
}

// Those of one directory that may come and go are one volume: what there is of them.
Json VolumeOf(const std::string& directory, const std::vector<ConfigMount>& mounts) {
  Json sources = Json::array();
  for (const ConfigMount& mount : mounts) {
    if (mount.mount != directory) continue;
    if (mount.presence == ConfigMount::Presence::kAlways) {
      return ConfigMapVolume(directory, mount.config_map);
    }
    sources.push_back({{"configMap", {{"name", mount.config_map}, {"optional", true}}}});
  }
  return Json{{"name", directory}, {"projected", {{"sources", std::move(sources)}}}};
}

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
  if (!reloading.replica_domain.empty()) {
    container["args"].push_back("--replica-domain");
    container["args"].push_back(reloading.replica_domain);
  }
  if (reloading.silences) {
    const Reloading::Silences& silences = *reloading.silences;
    for (const std::string& argument :
         {std::string("--silences"), silences.file, std::string("--silences-api"),
          operand + silences.api_path, std::string("--silences-writer"), silences.writer}) {
      container["args"].push_back(argument);
    }
  }
  for (const std::string& directory : DirectoriesOf(mounts)) {
    container["volumeMounts"].push_back(
        ReadOnlyMount(directory, std::string(kSourceRoot) + "/" + directory));
  }
  container["volumeMounts"].push_back(Mount(kActiveVolume, kActiveRoot));
  return container;
}

}  // namespace

ConfigFileViews FilesOf(const std::vector<ConfigMount>& mounts) {
  ConfigFileViews files;
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
  for (const std::string& directory : DirectoriesOf(mounts)) {
    pod_spec["volumes"].push_back(VolumeOf(directory, mounts));
  }
  // Five versions of kMaxConfigMapBytes a mount: the wanted one, the current one, the one before,
  // the last good one, and one that is being written.
  pod_spec["volumes"].push_back(EmptyDir(kActiveVolume, "192Mi"));
  pod_spec["containers"][0]["volumeMounts"].push_back(ReadOnlyMount(kActiveVolume, kActiveRoot));
}

}  // namespace belvedere::operands

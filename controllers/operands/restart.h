#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/operands/builders.h"

// Restart-class config (DESIGN 4): an immutable ConfigMap named by its content, and pods that carry
// its checksum. Each change is a new ConfigMap and a rollout; the old one stays while any pod may
// still need it.
namespace belvedere::operands {

inline constexpr const char* kChecksumAnnotation = "belvedere.dev/config-checksum";

// `files` as the config of the restart class; the ConfigMap's name begins with `prefix`.
RestartConfig MakeRestartConfig(const std::string& prefix,
                                const std::map<std::string, std::string>& files);

// <prefix>-<first 10 digits of the checksum>.
std::string ConfigMapName(const RestartConfig& config);

runtime::Intent MakeImmutableConfigMap(const std::string& ns, const RestartConfig& config,
                                       const std::map<std::string, std::string>& files,
                                       const Identity& identity);

// Makes the pods of `pod_template` roll when the config changes.
void StampChecksum(const RestartConfig& config, Json& pod_template);

// Pods of one workload that take this config.
struct RestartTarget {
  std::string_view component;
  kube::ResourceRef workload;
  std::string owner_uid;
};

// Whether as many pods as the workload is to have are ready with the wanted checksum, and no other
// pod is there; nothing, or what is missing. Between an old pod and its successor there is none.
std::optional<std::string> NotRestarted(const runtime::ComponentPlan& component,
                                        const runtime::World& world);

// Earlier ConfigMaps of `config.prefix`: all of them until the workload is rolled out and each of
// its pods runs `config`; then none.
std::vector<kube::ResourceRef> StillNeeded(const RestartConfig& config, const RestartTarget& target,
                                           const runtime::World& world);

// Why the pods of the workload cannot run this config: one crashes with it and none is ready with
// it. Nullopt: nothing says so.
std::optional<std::string> CrashOf(const std::string& checksum, const RestartTarget& target,
                                   const runtime::World& world);

// Whether all pods of the workload are of its newest generation, and ready.
bool IsRolledOut(const cache::Child& workload);

// What of the world CrashOf() depends on, as text.
std::string CrashInputs(const runtime::World& world);

// What of the world StillNeeded() depends on, whatever the config, as text; besides the children
// that it names.
std::string RestartInputs(const runtime::World& world);

}  // namespace belvedere::operands

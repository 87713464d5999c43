#include "controllers/operands/restart.h"

#include <algorithm>

#include "controllers/operands/holder.h"
#include "operator/base/hash.h"
#include "operator/cache/projection.h"

namespace belvedere::operands {
namespace {

constexpr std::size_t kDigits = 10;

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsContentName(const std::string& text) {
  return text.size() > kDigits && text[text.size() - kDigits - 1] == '-' &&
         std::all_of(text.end() - kDigits, text.end(), IsHexDigit);
}

// Whether `name` is one that a config of this prefix has had.
bool IsNameOf(const std::string& prefix, const std::string& name) {
  return IsContentName(name) && name.size() == prefix.size() + 1 + kDigits &&
         name.starts_with(prefix);
}

bool RolledOut(const RestartTarget& target, const runtime::World& world) {
  return std::ranges::any_of(world.children, [&target](const auto& child) {
    return child->ref == target.workload && IsRolledOut(*child);
  });
}

bool Runs(const cache::Pod& pod, const std::string& checksum) {
  const auto found = pod.annotations.find(kChecksumAnnotation);
  return found != pod.annotations.end() && found->second == checksum;
}

bool Crashes(const cache::Pod& pod) {
  return !pod.ready && !pod.deleting && pod.waiting_reason == "CrashLoopBackOff";
}

}  // namespace

bool IsRolledOut(const cache::Child& workload) {
  if (!workload.rollout || workload.deleting) return false;
  const cache::Rollout& rollout = *workload.rollout;
  return rollout.observed_generation >= rollout.generation && rollout.updated >= rollout.desired &&
         rollout.ready >= rollout.desired;
}

RestartConfig MakeRestartConfig(const std::string& prefix,
                                const std::map<std::string, std::string>& files) {
  ContentHash hash;
  hash.Add(prefix);
  for (const auto& [key, bytes] : files) hash.Add(key).Add(bytes);
  return {.prefix = prefix, .checksum = hash.Hex()};
}

std::string ConfigMapName(const RestartConfig& config) {
  return config.prefix + "-" + config.checksum.substr(0, kDigits);
}

runtime::Intent MakeImmutableConfigMap(const std::string& ns, const RestartConfig& config,
                                       const std::map<std::string, std::string>& files,
                                       const Identity& identity) {
  runtime::Intent intent = MakeConfigMap(ns, ConfigMapName(config), identity, files);
  intent.object["immutable"] = true;
  return intent;
}

void StampChecksum(const RestartConfig& config, Json& pod_template) {
  pod_template["metadata"]["annotations"][kChecksumAnnotation] = config.checksum;
}

std::optional<std::string> NotRestarted(const runtime::ComponentPlan& component,
                                        const runtime::World& world) {
  int ready = 0;
  for (const auto& pod : world.pods) {
    if (pod->component != component.name || pod->deleting) continue;
    if (!Runs(*pod, component.checksum)) return "pod " + pod->key.name + " runs an earlier config";
    if (!pod->ready) return "pod " + pod->key.name + " is not ready with its config yet";
    ++ready;
  }
  const cache::Child* workload = FindChild(world, component.workload);
  if (workload == nullptr || !IsRolledOut(*workload) || ready < workload->rollout->desired) {
    return component.name + " is not rolled out with the wanted config yet";
  }
  return std::nullopt;
}

std::vector<kube::ResourceRef> StillNeeded(const RestartConfig& config, const RestartTarget& target,
                                           const runtime::World& world) {
  const bool all_run = std::ranges::all_of(world.pods, [&](const auto& pod) {
    return pod->component != target.component || Runs(*pod, config.checksum);
  });
  if (all_run && RolledOut(target, world)) return {};
  std::vector<kube::ResourceRef> refs;
  const std::string current = ConfigMapName(config);
  for (const auto& child : world.children) {
    if (child->ref.type != kube::types::kConfigMap || child->owner_uid != target.owner_uid)
      continue;
    const std::string& name = child->ref.key.name;
    if (name != current && IsNameOf(config.prefix, name)) refs.push_back(child->ref);
  }
  return refs;
}

std::optional<std::string> CrashOf(const std::string& checksum, const RestartTarget& target,
                                   const runtime::World& world) {
  std::optional<std::string> why;
  for (const auto& pod : world.pods) {
    if (pod->component != target.component || !Runs(*pod, checksum)) continue;
    if (pod->ready) return std::nullopt;  // what crashes elsewhere has another cause
    if (Crashes(*pod)) why = "pod " + pod->key.name + " crashes with it: " + pod->waiting_message;
  }
  return why;
}

std::string CrashInputs(const runtime::World& world) {
  if (std::ranges::none_of(world.pods, [](const auto& pod) { return Crashes(*pod); })) return "";
  std::string inputs;
  for (const auto& pod : world.pods) {
    inputs += " " + pod->key.name + (pod->ready ? "+" : "") +
              (Crashes(*pod) ? "!" + pod->waiting_message : "");
  }
  return inputs;
}

std::string RestartInputs(const runtime::World& world) {
  const bool has_configs = std::ranges::any_of(world.children, [](const auto& child) {
    return child->ref.type == kube::types::kConfigMap && IsContentName(child->ref.key.name);
  });
  if (!has_configs) return "";
  std::string inputs;
  for (const auto& pod : world.pods) {
    const auto found = pod->annotations.find(kChecksumAnnotation);
    inputs += " " + pod->component + "=" + (found == pod->annotations.end() ? "" : found->second);
  }
  for (const auto& child : world.children) {
    if (child->rollout && !IsRolledOut(*child)) inputs += " rolling " + kube::ToString(child->ref);
  }
  return inputs;
}

}  // namespace belvedere::operands

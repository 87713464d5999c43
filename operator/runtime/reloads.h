#pragma once

#include <string>
#include <vector>

#include "operator/kube/client.h"
#include "operator/runtime/kind.h"

// Pods that take another config without a restart (DESIGN 4, reload class).
namespace belvedere::runtime {

// A pod that mounts a reload-class ConfigMap: `wanted` goes into its annotation
// kWantedConfigAnnotation, which makes the kubelet sync the pod at once, and its agent is asked
// until it reports that hash as loaded.
struct ReloadTarget {
  kube::ObjectKey pod;
  std::string pod_uid;
  std::string agent_url;  // http://ip:port; empty: pod has no address yet
  std::string wanted;
};
inline constexpr const char* kWantedConfigAnnotation = "belvedere.dev/wanted-config";

// The pods of the plan's components that have a reload-class config.
std::vector<ReloadTarget> ReloadTargets(const Plan& plan, const World& world);

// Whether the kubelet must be told of another config. A pod that has just started mounts the newest
// by itself: only one that was told, or is known to see, another needs a word.
bool NeedsWord(const ReloadTarget& target, const World& world);

// A merge patch of the pod, which fails if it is another pod of that name by now.
Json WordOf(const ReloadTarget& target);

}  // namespace belvedere::runtime

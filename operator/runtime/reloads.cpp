#include "operator/runtime/reloads.h"

#include <algorithm>

#include "operator/runtime/pod_url.h"

namespace belvedere::runtime {
std::vector<ReloadTarget> ReloadTargets(const Plan& plan, const World& world) {
  std::vector<ReloadTarget> targets;
  for (const ComponentPlan& component : plan.components) {
    if (component.wanted.empty()) continue;
    for (const auto& pod : world.pods) {
      if (pod->component != component.name || pod->deleting) continue;
      targets.push_back({.pod = pod->key,
                         .pod_uid = pod->uid,
                         .agent_url = PodUrl(pod->ip, component.agent_port),
                         .wanted = component.wanted});
    }
  }
  return targets;
}

bool NeedsWord(const ReloadTarget& target, const World& world) {
  const auto pod = std::ranges::find(world.pods, target.pod_uid, &cache::Pod::uid);
  if (pod == world.pods.end() || (*pod)->deleting) return false;
  const auto told = (*pod)->annotations.find(kWantedConfigAnnotation);
  const bool was_told = told != (*pod)->annotations.end();
  if (was_told && told->second == target.wanted) return false;
  const auto answer = world.agents.find(target.pod_uid);
  return was_told || (answer != world.agents.end() && answer->second.wanted != target.wanted);
}

Json WordOf(const ReloadTarget& target) {
  return {{"metadata",
           {{"uid", target.pod_uid}, {"annotations", {{kWantedConfigAnnotation, target.wanted}}}}}};
}

}  // namespace belvedere::runtime

#include "controllers/monitoringstack/testing/stacks.h"

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/plan.h"
#include "controllers/operands/restart.h"
#include "operator/base/hash.h"

namespace belvedere::monitoringstack::testing {
namespace {

std::shared_ptr<const cache::Pod> PodOf(const runtime::ComponentPlan& component, int ordinal) {
  cache::Pod pod;
  pod.key = {.ns = component.workload.key.ns,
             .name = component.workload.key.name + "-" + std::to_string(ordinal)};
  pod.uid = "uid-of-" + pod.key.name;
  pod.component = component.name;
  pod.ip = "10.0.0." + std::to_string(ordinal + 1);
  pod.ready = true;
  if (!component.checksum.empty()) {
    pod.annotations[operands::kChecksumAnnotation] = component.checksum;
  }
  return std::make_shared<const cache::Pod>(pod);
}

}  // namespace

PrimaryPtr MakeStack(const std::string& ns, const std::string& name, const std::string& spec_yaml,
                     const std::string& created) {
  cache::Primary stack;
  stack.key = {.ns = ns, .name = name};
  stack.uid = "uid-" + ns + "-" + name;
  stack.generation = 1;
  stack.created = created;
  stack.spec = Dump(config::ParseYaml(spec_yaml).value());
  return std::make_shared<const cache::Primary>(stack);
}

runtime::Plan PlanOf(const PrimaryPtr& stack, runtime::World world) {
  if (world.peers.empty()) world.peers.push_back(stack);
  return MonitoringStackKind(operands::ImageTable()).MakePlan(*stack, world);
}

std::shared_ptr<const cache::Child> ChildOf(const kube::ResourceRef& ref,
                                            const std::string& owner_uid,
                                            const cache::Rollout& rollout) {
  cache::Child child;
  child.ref = ref;
  child.uid = HashOf(ref.key.name).substr(0, kube::Uid::kShort);
  child.owner_uid = owner_uid;
  child.rollout = rollout;
  return std::make_shared<const cache::Child>(child);
}

runtime::World RolledOut(const PrimaryPtr& stack, int nodes) {
  runtime::World world;
  world.peers.push_back(stack);
  for (const runtime::ComponentPlan& component : PlanOf(stack).components) {
    const int count = component.desired.value_or(nodes);
    world.children.push_back(ChildOf(component.workload, stack->uid,
                                     {.generation = 1,
                                      .observed_generation = 1,
                                      .desired = count,
                                      .updated = count,
                                      .ready = count,
                                      .available = count}));
    if (component.wanted.empty() && component.checksum.empty()) continue;
    for (int i = 0; i < count; ++i) {
      world.pods.push_back(PodOf(component, i));
      if (component.wanted.empty()) continue;
      world.agents[world.pods.back()->uid] = {
          .loaded = component.wanted, .wanted = component.wanted, .error = ""};
    }
  }
  return world;
}

}  // namespace belvedere::monitoringstack::testing

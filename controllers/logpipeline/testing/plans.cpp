#include "controllers/logpipeline/testing/plans.h"

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/running.h"

namespace belvedere::logpipeline::testing {
namespace {

using runtime::Intent;

constexpr const char* kInputsAndOutputs =
    "inputs: {containers: {}}, outputs: [{name: o, stack: {name: main, namespace: monitoring}}]";

}  // namespace

std::string SpecText(const std::string& spec) {
  const std::string rest = spec.empty() ? "" : ", " + spec;
  return Dump(*config::ParseYaml("{" + std::string(kInputsAndOutputs) + rest + "}"));
}

PrimaryPtr MakePipeline(const Given& given) {
  Json status = Json::object();
  if (given.accepted != "-") status[operands::kAcceptedSpec] = SpecText(given.accepted);
  if (given.proven != "-") status[operands::kProvenSpec] = SpecText(given.proven);
  return std::make_shared<const cache::Primary>(
      cache::Primary{.key = {.ns = given.ns, .name = "logs"},
                     .uid = "uid-" + given.ns,
                     .generation = given.generation,
                     .created = given.created,
                     .spec = SpecText(given.spec),
                     .status = Dump(status)});
}

void SetNamespace(runtime::World& world, const std::string& name, const std::string& uid) {
  world.namespaces.Put({.key = {.ns = "", .name = name}, .uid = uid});
}

runtime::World WorldOf(std::vector<PrimaryPtr> peers) {
  runtime::World world{.peers = std::move(peers)};
  for (const PrimaryPtr& peer : world.peers)
    SetNamespace(world, peer->key.ns, "ns-" + peer->key.ns);
  return world;
}

runtime::Plan PlanOf(const PrimaryPtr& self, const runtime::World& world) {
  return MakePlan(*self, world, operands::ImageTable(), SpecReader());
}

const Intent* FindIntent(const runtime::Plan& plan, const kube::ResourceType& type,
                         const std::string& name) {
  for (const Intent& intent : plan.intents) {
    if (intent.type == type && kube::KeyOf(intent.object).name == name) return &intent;
  }
  return nullptr;
}

std::string ServesOf(const runtime::Plan& plan, const std::string& name) {
  const Intent* agent = FindIntent(plan, kube::types::kDaemonSet, name);
  if (agent == nullptr) return "no agent";
  return agent->object["metadata"]["annotations"][cache::kServesAnnotation].get<std::string>();
}

std::string ConfigOf(const runtime::Plan& plan, const std::string& name) {
  for (const Intent& intent : plan.intents) {
    const bool is_of_it = intent.type == kube::types::kConfigMap &&
                          kube::KeyOf(intent.object).name.starts_with(name + "-");
    if (is_of_it) return Dump(intent.object["data"]);
  }
  return "";
}

std::string Drops(const std::string& what) {
  return "filters: [{drop: {field: log, regex: " + what + "}}]";
}

}  // namespace belvedere::logpipeline::testing

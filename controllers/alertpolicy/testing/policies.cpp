#include "controllers/alertpolicy/testing/policies.h"

#include "controllers/alertpolicy/attachment.h"
#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/accepted_spec.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::alertpolicy::testing {
namespace {

constexpr const char* kSelects = "policies: {namespaceSelector: {matchLabels: {alerts: 'yes'}}}\n";

void AddNamespaces(runtime::World& world) {
  for (const char* name : {"monitoring", "shop", "bank", "other"}) {
    cache::Namespace ns{.key = {.ns = "", .name = name}, .uid = std::string("ns-") + name};
    if (std::string_view(name) == "shop" || std::string_view(name) == "bank") {
      ns.labels["alerts"] = "yes";
    }
    world.namespaces.Put(std::move(ns));
  }
}

}  // namespace

std::string SloYaml(const std::string& name, const std::string& metric, const std::string& target) {
  return "{name: " + name + ", target: '" + target + "', ratio: {total: '" + metric +
         R"({job="a"}', bad: ')" + metric + R"({job="a",code=~"5.."}'}})";
}

PrimaryPtr MakePolicy(const std::string& ns, const std::string& name,
                      const std::vector<std::string>& slos, std::int64_t generation) {
  std::string yaml =
      "stack: {name: main, namespace: monitoring}\nowner: team-a\nsystem: checkout\n"
      "runbook: https://runbooks.example/a\nslos:\n";
  for (const std::string& slo : slos) yaml += "- " + slo + "\n";
  cache::Primary policy;
  policy.key = {.ns = ns, .name = name};
  policy.uid = "uid-" + ns + "-" + name;
  policy.generation = generation;
  policy.spec = Dump(config::ParseYaml(yaml).value());
  return std::make_shared<const cache::Primary>(policy);
}

PrimaryPtr WithFields(const PrimaryPtr& policy, const std::string& yaml) {
  Json spec = ParseJson(policy->spec).value();
  spec.update(config::ParseYaml(yaml).value());
  cache::Primary copy = *policy;
  copy.spec = Dump(spec);
  return std::make_shared<const cache::Primary>(copy);
}

PrimaryPtr WithAccepted(const PrimaryPtr& policy, const std::string& spec) {
  cache::Primary copy = *policy;
  copy.status = Dump(Json{{operands::kAcceptedSpec, spec}});
  return std::make_shared<const cache::Primary>(copy);
}

PrimaryPtr MakeMain(const std::string& spec_yaml) {
  cache::Primary stack;
  stack.key = {.ns = "monitoring", .name = "main"};
  stack.uid = "uid-main";
  stack.generation = 1;
  stack.created = "2026-01-01T00:00:00Z";
  stack.spec = Dump(config::ParseYaml(kSelects + spec_yaml).value());
  return std::make_shared<const cache::Primary>(stack);
}

runtime::World StackWorld(const PrimaryPtr& stack, const std::vector<PrimaryPtr>& policies) {
  runtime::World world{.peers = {stack}};
  world.others[kAlertPolicy] = policies;
  AddNamespaces(world);
  return world;
}

runtime::World PolicyWorld(const PrimaryPtr& stack, const PrimaryPtr& policy,
                           const std::string& served) {
  runtime::World world{.peers = {policy}};
  world.others[monitoringstack::kMonitoringStack];
  if (stack != nullptr) world.others[monitoringstack::kMonitoringStack].push_back(stack);
  AddNamespaces(world);
  if (served.empty()) return world;
  cache::Child shard;
  shard.ref = operands::PolicyShardRef({.ns = "monitoring", .name = "main"}, 3);
  shard.owner_uid = "uid-main";
  shard.serves = served;
  world.shared.push_back(std::make_shared<const cache::Child>(shard));
  return world;
}

}  // namespace belvedere::alertpolicy::testing

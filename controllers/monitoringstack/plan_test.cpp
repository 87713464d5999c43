#include "controllers/monitoringstack/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "controllers/monitoringstack/testing/stacks.h"
#include "operator/runtime/ownership.h"
#include "operator/runtime/reloads.h"

namespace belvedere::monitoringstack {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::MakeStack;
using testing::PlanOf;
using testing::RolledOut;

std::set<std::string> Objects(const runtime::Plan& plan) {
  std::set<std::string> names;
  for (const runtime::Intent& intent : plan.intents) {
    const bool is_new =
        names.insert(kube::ToString({intent.type, kube::KeyOf(intent.object)})).second;
    EXPECT_TRUE(is_new) << Dump(intent.object["metadata"]);
  }
  return names;
}

std::set<std::string> ObjectsOf(const std::string& spec, const std::string& ns = "ns",
                                const std::string& name = "s") {
  const runtime::Plan plan = PlanOf(MakeStack(ns, name, spec));
  EXPECT_FALSE(plan.refused.has_value());
  return Objects(plan);
}

std::set<std::string> Minus(std::set<std::string> all, const std::set<std::string>& gone) {
  for (const std::string& name : gone) all.erase(name);
  return all;
}

TEST(MakePlan, MakesAWholeStackOfNothing) {
  EXPECT_THAT(ObjectsOf("{}"),
              IsSupersetOf({"StatefulSet ns/prometheus-s", "StatefulSet ns/alertmanager-s",
                            "Deployment belvedere-system/kube-state-metrics",
                            "DaemonSet belvedere-node/node-exporter", "Service ns/prometheus-s",
                            "ConfigMap ns/rules-0-s", "NetworkPolicy ns/prometheus-s"}));
}

TEST(MakePlan, RemovesExactlyWhatIsDisabled) {
  const std::set<std::string> all = ObjectsOf("{}");
  EXPECT_EQ(Minus(all, ObjectsOf("targets: {nodes: {state: Disabled}}")),
            (std::set<std::string>{"ServiceAccount belvedere-node/node-exporter",
                                   "NetworkPolicy belvedere-node/node-exporter",
                                   "Service belvedere-node/node-exporter",
                                   "DaemonSet belvedere-node/node-exporter"}));
  EXPECT_EQ(Minus(all, ObjectsOf("targets: {kubernetes: {objects: {state: Disabled}}}")),
            (std::set<std::string>{"ServiceAccount belvedere-system/kube-state-metrics",
                                   "ClusterRoleBinding belvedere-kube-state-metrics",
                                   "NetworkPolicy belvedere-system/kube-state-metrics",
                                   "Service belvedere-system/kube-state-metrics",
                                   "Deployment belvedere-system/kube-state-metrics"}));
  EXPECT_EQ(Minus(all, ObjectsOf("networkPolicies: {state: Disabled}")),
            (std::set<std::string>{"NetworkPolicy ns/prometheus-s",
                                   "NetworkPolicy ns/alertmanager-s", "NetworkPolicy ns/grafana-s",
                                   "NetworkPolicy belvedere-system/kube-state-metrics",
                                   "NetworkPolicy belvedere-node/node-exporter"}));
  EXPECT_EQ(Minus(ObjectsOf("{metrics: {replicas: 2}, alerting: {replicas: 2}}"), all),
            (std::set<std::string>{"PodDisruptionBudget ns/prometheus-s",
                                   "PodDisruptionBudget ns/alertmanager-s"}));
}

// Without Grafana, whose data sources name the store and whose ConfigMap is named by its content.
TEST(MakePlan, AddsTheLogStoreWhereItIsAskedFor) {
  const std::string off = "dashboards: {state: Disabled}";
  const std::set<std::string> added =
      Minus(ObjectsOf("{logs: {}, " + off + "}"), ObjectsOf("{" + off + "}"));
  EXPECT_THAT(added, IsSupersetOf({"StatefulSet ns/loki-s", "Service ns/loki-s",
                                   "Service ns/headless-loki-s", "ServiceAccount ns/loki-s",
                                   "NetworkPolicy ns/loki-s"}));
  EXPECT_EQ(added.size(), 6U);  // and the ConfigMap, named by content
  EXPECT_EQ(ObjectsOf("logs: {store: None}"), ObjectsOf("{}"));
}

std::string LokiConfigMap(const runtime::Plan& plan) {
  for (const std::string& name : Objects(plan)) {
    if (name.starts_with("ConfigMap ns/loki-s-")) return name;
  }
  return "";
}

TEST(MakePlan, KeepsTheOldConfigOfTheLogStoreUntilItsPodRolled) {
  const auto before = MakeStack("ns", "s", "logs: {retentionDays: 1}");
  const auto after = MakeStack("ns", "s", "logs: {retentionDays: 2}");
  const std::string old = LokiConfigMap(PlanOf(before));
  runtime::World world = RolledOut(before);
  cache::Child config_map;
  config_map.ref = {kube::types::kConfigMap,
                    {.ns = "ns", .name = old.substr(std::string("ConfigMap ns/").size())}};
  config_map.owner_uid = before->uid;
  world.children.push_back(std::make_shared<const cache::Child>(config_map));
  const runtime::Plan rolling = PlanOf(after, world);
  EXPECT_NE(LokiConfigMap(rolling), old);
  ASSERT_EQ(rolling.keep.size(), 1U);
  EXPECT_EQ(kube::ToString(rolling.keep.front()), old);
  runtime::World rolled = RolledOut(after);
  rolled.children.push_back(std::make_shared<const cache::Child>(config_map));
  EXPECT_TRUE(PlanOf(after, rolled).keep.empty());
}

// Also names that could be cut into namespace and name in two ways.
TEST(MakePlan, OfTwoStacksShareNoObject) {
  const std::string own_only =
      "targets: {nodes: {state: Disabled}, kubernetes: {objects: {state: Disabled}}}";
  const std::vector<std::pair<std::string, std::string>> stacks{
      {"a", "main"},   {"b", "main"},          {"a", "main-b"}, {"a-main", "b"},
      {"a", "0-main"}, {"a", "headless-main"}, {"a", "main-0"}, {"a", "prometheus-main"}};
  std::set<std::string> seen;
  for (const auto& [ns, name] : stacks) {
    for (const std::string& object : ObjectsOf(own_only, ns, name)) {
      EXPECT_TRUE(seen.insert(object).second) << object << " of " << ns << "/" << name;
    }
  }
}

TEST(MakePlan, RefusesABadSpecAndPlansNothing) {
  const runtime::Plan plan = PlanOf(MakeStack("ns", "s", "metrics: {replicas: 99}"));
  ASSERT_TRUE(plan.refused.has_value());
  EXPECT_EQ(plan.refused->reason, "InvalidSpec");
  EXPECT_THAT(plan.refused->message, HasSubstr("spec.metrics.replicas"));
  EXPECT_THAT(plan.intents, IsEmpty());
  EXPECT_THAT(plan.components, IsEmpty());
}

TEST(MakePlan, RefusesANameThatDoesNotFit) {
  for (const std::string& name : {std::string(37, 'a'), std::string("a.b"), std::string("-a")}) {
    const runtime::Plan plan = PlanOf(MakeStack("ns", name, "{}"));
    ASSERT_TRUE(plan.refused.has_value()) << name;
    EXPECT_THAT(plan.refused->message, HasSubstr("metadata.name"));
  }
}

TEST(MakePlan, RefusesAVersionThatIsTooOldAndSaysWhoAskedForIt) {
  const runtime::Plan by_spec =
      PlanOf(MakeStack("ns", "s", "metrics: {image: 'r.local/p:v2.53.0'}"));
  ASSERT_TRUE(by_spec.refused.has_value());
  EXPECT_EQ(by_spec.refused->reason, "UnsupportedVersion");
  EXPECT_THAT(by_spec.refused->message, HasSubstr("spec.metrics.image"));
  EXPECT_THAT(by_spec.refused->message, HasSubstr("v3.11.0 or newer"));

  const auto table =
      operands::ImageTable::FromOverrides({{"alertmanager", "r.local/a:v0.20.0"}}).value();
  const runtime::Plan by_table =
      MakePlan(*MakeStack("ns", "s", "{}"), {}, table, alertpolicy::Compiler());
  ASSERT_TRUE(by_table.refused.has_value());
  EXPECT_THAT(by_table.refused->message, HasSubstr("image table"));
}

TEST(MakePlan, OfAPausedStackIsWholeButNotManaged) {
  const runtime::Plan paused = PlanOf(MakeStack("ns", "s", "managementState: Paused"));
  EXPECT_EQ(paused.management, runtime::Management::kPaused);
  EXPECT_FALSE(paused.refused.has_value());
  EXPECT_THAT(Objects(paused), IsSupersetOf({"StatefulSet ns/prometheus-s"}));
}

TEST(MakePlan, TiesSingletonsToNoReferenceThatTheGarbageCollectorWouldFollow) {
  const auto stack = MakeStack("belvedere-node", "s", "{}");
  const MonitoringStackKind kind{operands::ImageTable()};
  int shared = 0;
  for (const runtime::Intent& intent : PlanOf(stack).intents) {
    const bool is_exporter =
        kube::LabelOf(intent.object, cache::kComponentLabel) == "node-exporter";
    const Json object = runtime::OwnedIntent(kind, *stack, intent);
    EXPECT_EQ(object["metadata"].contains("ownerReferences"),
              !is_exporter && intent.tie == runtime::Intent::Tie::kReference &&
                  intent.type.scope() == kube::Scope::kNamespaced)
        << kube::ToString({intent.type, kube::KeyOf(intent.object)});
    shared += is_exporter ? 1 : 0;
  }
  EXPECT_GT(shared, 1);
}

TEST(MakePlan, HasTheHashOfTheFilesOfEachOperandThatReloads) {
  const auto stack = MakeStack("ns", "s", "{metrics: {replicas: 2}, alerting: {replicas: 1}}");
  const std::vector<runtime::ReloadTarget> targets =
      runtime::ReloadTargets(PlanOf(stack), RolledOut(stack));
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0].agent_url, "http://10.0.0.1:8081");
  EXPECT_EQ(targets[0].wanted, targets[1].wanted);
  EXPECT_NE(targets[0].wanted, targets[2].wanted);
}

const Json& Find(const runtime::Plan& plan, const std::string& object) {
  for (const runtime::Intent& intent : plan.intents) {
    if (kube::ToString({intent.type, kube::KeyOf(intent.object)}) == object) return intent.object;
  }
  static const Json kNone;
  ADD_FAILURE() << object;
  return kNone;
}

// DESIGN 4: a pod rolls if and only if the bytes it consumes at start changed.
TEST(MakePlan, RestartsNothingForAChangeThatCanBeReloaded) {
  const auto template_of = [](const std::string& spec) {
    const runtime::Plan plan = PlanOf(MakeStack("ns", "s", spec));
    return Find(plan, "StatefulSet ns/prometheus-s")["spec"]["template"];
  };
  const Json before = template_of("{}");
  EXPECT_EQ(template_of("{cluster: {name: x}, externalLabels: {a: b}, metrics: {scrapeInterval: "
                        "10s, retention: {time: 3d, size: 9GB}, outOfOrderWindow: 5m, limits: "
                        "{sampleLimit: 5}}, targets: {containers: {state: Disabled}}}"),
            before);
  EXPECT_EQ(template_of("{metrics: {replicas: 3}}"), before);
  EXPECT_NE(template_of("metrics: {resources: {requests: {cpu: 3}}}"), before);
}

}  // namespace
}  // namespace belvedere::monitoringstack

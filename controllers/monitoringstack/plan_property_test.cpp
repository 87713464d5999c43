#include <gtest/gtest.h>

#include <random>
#include <set>

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "operator/cache/projection.h"

// What holds for the plan of every valid spec.
namespace belvedere::monitoringstack {
namespace {

class SpecMaker {
 public:
  explicit SpecMaker(unsigned seed) : random_(seed) {}

  Json Make() {
    Json spec = Json::object();
    if (Coin()) spec["managementState"] = OneOf({"Managed", "Paused"});
    // With a volume of its own, any profile may name a class and a retention.
    if (Coin()) spec["profile"] = OneOf({"Demo", "Small", "Medium", "Large"});
    if (Coin()) spec["cluster"] = {{"name", Text()}, {"region", Text()}};
    if (Coin()) spec["externalLabels"] = {{"l" + std::to_string(Below(9)), Text()}};
    if (Coin()) spec["targets"] = MakeTargets();
    if (Coin()) spec["metrics"] = MakeMetrics();
    if (Coin()) spec["alerting"] = MakeAlerting();
    if (Coin()) spec["dashboards"] = MakeDashboards();
    if (Coin()) spec["networkPolicies"] = MakeState();
    return spec;
  }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }
  bool Coin() { return Below(2) == 0; }
  std::string OneOf(const std::vector<std::string>& values) {
    return values[Below(static_cast<unsigned>(values.size()))];
  }
  std::string Text() { return OneOf({"a", "true", "1e3", "x-y_z.w/v", "null", "07:30", "a b"}); }
  std::string LabelText() { return OneOf({"a", "true", "1e3", "x-y_z.w", ""}); }
  Json MakeState() { return {{"state", OneOf({"Enabled", "Disabled"})}}; }

  Json MakeTargets() {
    Json targets = Json::object();
    if (Coin()) targets["nodes"] = MakeState();
    if (Coin()) targets["containers"] = MakeState();
    if (Coin()) {
      Json expressions = Json::array();
      if (Coin()) expressions.push_back({{"key", "a/b.c"}, {"operator", "Exists"}});
      if (Coin()) {
        expressions.push_back({{"key", "d"}, {"operator", "NotIn"}, {"values", {LabelText()}}});
      }
      targets["applications"] = {
          {"annotations", MakeState()},
          {"namespaceSelector",
           {{"matchLabels", {{"k", LabelText()}}}, {"matchExpressions", expressions}}}};
    }
    if (Coin()) {
      targets["kubernetes"] = {{"objects", MakeState()},
                               {"controlPlane", {{"state", OneOf({"Auto", "Disabled"})}}}};
      if (Coin()) targets["kubernetes"]["objects"]["labelAllowlist"] = {"pods=[*]", "nodes=[a,b]"};
    }
    return targets;
  }

  Json MakeResources() {
    return {{"requests", {{"cpu", OneOf({"1", "0.5", "250m"})}, {"memory", "1024Mi"}}},
            {"limits", {{"cpu", 2}, {"memory", OneOf({"1Gi", "1.5Gi", "2000M"})}}}};
  }

  Json MakePlacement() {
    Json placement = {{"nodeSelector", {{"pool", LabelText()}}}};
    placement["tolerations"].push_back({{"key", "k"}, {"operator", "Exists"}});
    if (Coin()) placement["tolerations"].push_back({{"key", "k"}, {"value", "v"}});
    return placement;
  }

  Json MakeMetrics() {
    Json metrics = Json::object();
    if (Coin()) metrics["replicas"] = 1 + Below(10);
    if (Coin()) metrics["scrapeInterval"] = OneOf({"5s", "30s", "1m30s", "1h"});
    metrics["storage"] = {{"size", OneOf({"20Gi", "51200Mi", "1Ti", "100G"})}};
    if (Coin()) metrics["storage"]["storageClassName"] = "fast";
    if (Coin()) metrics["retention"] = {{"time", OneOf({"2h", "15d", "1y"})}, {"size", "9GB"}};
    if (Coin()) metrics["limits"] = {{"sampleLimit", Below(100)}, {"targetLimit", Below(100)}};
    if (Coin()) metrics["outOfOrderWindow"] = OneOf({"0s", "10m", "7d"});
    if (Coin()) metrics["resources"] = MakeResources();
    if (Coin()) metrics["placement"] = MakePlacement();
    if (Coin()) metrics["image"] = "registry.local:5000/p:v3.14.0";
    return metrics;
  }

  Json MakeAlerting() {
    Json alerting = Json::object();
    if (Coin()) alerting["replicas"] = 1 + Below(9);
    if (Coin()) alerting["groupWait"] = OneOf({"0s", "10s", "1h"});
    if (Coin()) alerting["storage"] = {{"size", "1Gi"}};
    if (Coin()) alerting["resources"] = MakeResources();
    if (Coin()) alerting["placement"] = MakePlacement();
    return alerting;
  }

  Json MakeDashboards() {
    Json dashboards = MakeState();
    if (Coin()) dashboards["adminRef"] = {{"name", "a.b"}};
    if (Coin()) dashboards["selector"] = {{"matchLabels", {{"a/b", OneOf({"1", "true"})}}}};
    if (Coin()) dashboards["storage"] = {{"size", "1Gi"}};
    if (Coin()) dashboards["resources"] = MakeResources();
    if (Coin()) dashboards["placement"] = MakePlacement();
    return dashboards;
  }

  std::mt19937 random_;
};

// Nothing that the API server would drop or that differs from what it stores.
void ExpectCanonical(const Json& value, const std::string& path) {
  EXPECT_FALSE(value.is_null()) << path;
  EXPECT_FALSE(value.is_array() && value.empty()) << path;
  if (!value.is_structured()) return;
  for (const auto& [key, inner] : value.items()) ExpectCanonical(inner, path + "/" + key);
}

// Pod Security "restricted", as far as a template decides it.
void ExpectRestricted(const Json& pod) {
  for (const char* field : {"hostNetwork", "hostPID", "hostIPC"}) EXPECT_FALSE(pod.contains(field));
  for (const Json& volume : pod.value("volumes", Json::array())) {
    EXPECT_FALSE(volume.contains("hostPath"));
  }
  EXPECT_EQ(At(pod, "/securityContext/seccompProfile/type"), "RuntimeDefault");
  EXPECT_EQ(At(pod, "/securityContext/runAsNonRoot"), true);
  EXPECT_GT(IntAt(pod, "/securityContext/runAsUser"), 0);
}

void ExpectSafeContainer(const Json& container) {
  EXPECT_EQ(At(container, "/securityContext/allowPrivilegeEscalation"), false);
  EXPECT_EQ(At(container, "/securityContext/readOnlyRootFilesystem"), true);
  EXPECT_EQ(At(container, "/securityContext/capabilities/drop"), Json::array({"ALL"}));
  EXPECT_TRUE(At(container, "/resources/requests").contains("memory"));
  EXPECT_FALSE(container.at("image").get<std::string>().empty());
}

void ExpectSafeContainers(const Json& pod) {
  for (const Json& container : pod.at("containers")) {
    ExpectSafeContainer(container);
    EXPECT_TRUE(container.contains("livenessProbe"));
  }
  for (const Json& container : pod.value("initContainers", Json::array())) {
    ExpectSafeContainer(container);
    // Only one that stays may be probed; of one that ends the API server refuses it.
    EXPECT_EQ(container.contains("livenessProbe"), container.contains("restartPolicy"));
  }
}

void ExpectGoodPod(const runtime::Intent& intent) {
  const Json& pod = At(intent.object, "/spec/template/spec");
  if (!pod.is_object()) return;
  if (StringAt(intent.object, "/metadata/namespace") != "belvedere-node") ExpectRestricted(pod);
  ExpectSafeContainers(pod);
  const std::string name = StringAt(pod, "/containers/0/name");
  const bool asks_the_api_server = name == "prometheus" || name == "kube-state-metrics";
  EXPECT_EQ(At(pod, "/automountServiceAccountToken"), asks_the_api_server) << name;
  const Json& labels = At(intent.object, "/spec/template/metadata/labels");
  for (const auto& [key, value] : At(intent.object, "/spec/selector/matchLabels").items()) {
    EXPECT_EQ(labels.value(key, ""), value);
  }
}

void ExpectGoodObject(const runtime::Intent& intent) {
  EXPECT_NE(intent.type.kind(), "Secret");
  EXPECT_EQ(kube::LabelOf(intent.object, cache::kManagedByLabel), cache::kManagedByValue);
  EXPECT_FALSE(kube::LabelOf(intent.object, cache::kComponentLabel).empty());
  EXPECT_EQ(StringAt(intent.object, "/metadata/namespace").empty(),
            intent.type.scope() == kube::Scope::kCluster);
  EXPECT_LT(Dump(intent.object).size(), 1024U * 1024U);
  ExpectCanonical(intent.object, std::string(intent.type.kind()));
  if (intent.type == kube::types::kStatefulSet) {
    EXPECT_EQ(StringAt(intent.object, "/spec/podManagementPolicy"), "Parallel")
        << "else a pod that crashes is never replaced, whatever is corrected";
  }
  ExpectGoodPod(intent);
}

TEST(Plan, OfEveryValidSpecHolds) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::string spec = config::ToYaml(SpecMaker(seed).Make()).value();
    const auto stack = testing::MakeStack("ns", "s", spec);
    const runtime::Plan plan = testing::PlanOf(stack);
    ASSERT_FALSE(plan.refused.has_value()) << plan.refused->message << "\n" << spec;
    std::set<kube::ResourceRef> refs;
    for (const runtime::Intent& intent : plan.intents) {
      EXPECT_TRUE(refs.insert({intent.type, kube::KeyOf(intent.object)}).second);
      ExpectGoodObject(intent);
    }
    const runtime::Plan again = testing::PlanOf(stack);
    ASSERT_EQ(plan.intents.size(), again.intents.size());
    for (std::size_t i = 0; i < plan.intents.size(); ++i) {
      ASSERT_EQ(Dump(plan.intents[i].object), Dump(again.intents[i].object));
    }
    ASSERT_FALSE(HasFailure()) << spec;
  }
}

// The kinds that the engine watches are exactly those that plans hold.
TEST(Plan, HoldsOnlyKindsThatAreWatched) {
  const MonitoringStackKind kind{operands::ImageTable()};
  const std::set<kube::ResourceType> watched(kind.child_types().begin(), kind.child_types().end());
  std::set<kube::ResourceType> used;
  const auto stack = testing::MakeStack(
      "ns", "s", "{profile: Large, dashboards: {selector: {matchLabels: {a: b}}}}");
  for (const runtime::Intent& intent : testing::PlanOf(stack).intents) used.insert(intent.type);
  EXPECT_EQ(used, watched);
}

}  // namespace
}  // namespace belvedere::monitoringstack

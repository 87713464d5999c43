#include "controllers/operands/grafana.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/testing/stacks.h"

namespace belvedere::operands {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace stacks = monitoringstack::testing;

// The stack's plan as Grafana's part of it.
class GrafanaTest : public ::testing::Test {
 protected:
  void Render(const std::string& spec) {
    const runtime::Plan plan = stacks::PlanOf(stacks::MakeStack("ns", "s", spec));
    ASSERT_FALSE(plan.refused.has_value()) << plan.refused->message;
    objects_.clear();
    for (const runtime::Intent& intent : plan.intents) {
      if (kube::LabelOf(intent.object, "app.kubernetes.io/component") != "grafana") continue;
      objects_[std::string(intent.type.kind())].push_back(intent.object);
    }
  }

  const Json& The(const std::string& kind) {
    EXPECT_EQ(objects_[kind].size(), 1U) << kind;
    return objects_[kind].at(0);
  }
  const Json& Pod() { return At(The("StatefulSet"), "/spec/template/spec"); }

  std::string File(const std::string& key) {
    for (const Json& config : objects_["ConfigMap"]) {
      if (config["data"].contains(key)) return config["data"][key];
    }
    ADD_FAILURE() << "no ConfigMap holds " << key;
    return "";
  }

  // What has the name `name` in a list.
  static const Json& Named(const Json& list, const std::string& name) {
    for (const Json& item : list) {
      if (item.value("name", "") == name) return item;
    }
    static const Json kNone;
    return kNone;
  }

  static std::vector<std::string> Names(const Json& list) {
    std::vector<std::string> names;
    for (const Json& item : list) names.push_back(item.at("name"));
    return names;
  }

  std::map<std::string, std::vector<Json>> objects_;
};

TEST_F(GrafanaTest, IsPartOfAStackUnlessItIsDisabled) {
  Render("{}");
  std::vector<std::string> kinds;
  for (const auto& [kind, objects] : objects_) kinds.push_back(kind);
  EXPECT_THAT(
      kinds, ElementsAre("ConfigMap", "NetworkPolicy", "Service", "ServiceAccount", "StatefulSet"));
  Render("dashboards: {state: Disabled}");
  EXPECT_TRUE(objects_.empty());
}

TEST_F(GrafanaTest, LetsNobodyInWithoutAPassword) {
  for (const char* spec : {"{}", "dashboards: {adminRef: {name: x}}"}) {
    Render(spec);
    const std::string ini = File("grafana.ini");
    EXPECT_THAT(ini, HasSubstr("[auth.anonymous]\nenabled = false\n"));
    EXPECT_THAT(ini, HasSubstr("allow_sign_up = false"));
    EXPECT_THAT(ini, Not(HasSubstr("admin_password = admin")));
  }
}

// The kubelet gives the Secret to Grafana; its name is all that the operator knows.
TEST_F(GrafanaTest, TakesTheAdminFromASecretByFile) {
  Render("dashboards: {adminRef: {name: who}}");
  EXPECT_THAT(File("grafana.ini"), HasSubstr("admin_user = $__file{/etc/grafana-admin/username}"));
  EXPECT_THAT(File("grafana.ini"),
              HasSubstr("admin_password = $__file{/etc/grafana-admin/password}"));
  EXPECT_EQ(StringAt(Named(Pod()["volumes"], "admin"), "/secret/secretName"), "who");
  const Json& mounts = At(Pod(), "/containers/0/volumeMounts");
  EXPECT_EQ(StringAt(Named(mounts, "admin"), "/mountPath"), "/etc/grafana-admin");
}

TEST_F(GrafanaTest, HasAGeneratedAdminWhereNoneIsGiven) {
  const auto plan_of = [](const runtime::World& world, const std::string& status) {
    auto stack = stacks::MakeStack("ns", "s", "{}");
    auto self = *stack;
    self.status = status;
    return AdminSecretOf(self, world);
  };
  Render("{}");
  const std::string first = plan_of({}, "{}");
  EXPECT_EQ(StringAt(Named(Pod()["volumes"], "admin"), "/secret/secretName"), first);
  EXPECT_TRUE(first.starts_with("grafana-s-admin-"));
  std::vector<std::string> seen;
  for (const runtime::Intent& intent : stacks::PlanOf(stacks::MakeStack("ns", "s", "{}")).intents) {
    if (kube::KeyOf(intent.object).name == first) seen.push_back("marker");
    if (!intent.secret) continue;
    seen.emplace_back(intent.type.kind());
    EXPECT_EQ(intent.secret->name, first);
    EXPECT_EQ(intent.secret->random, "password");
    EXPECT_EQ(intent.secret->known.at("username"), "admin");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"marker", "StatefulSet"}));
  // The garbage collector may still be about to delete the Secret of a marker that is gone.
  const std::string second = plan_of({}, R"({"adminSecret": ")" + first + R"("})");
  EXPECT_NE(second, first);
  // A stack keeps the one that it has.
  cache::Child marker{.ref = {kube::types::kConfigMap, {.ns = "ns", .name = first}}};
  marker.owned_hash = 1;
  runtime::World world;
  world.children.push_back(std::make_shared<const cache::Child>(marker));
  EXPECT_EQ(plan_of(world, R"({"adminSecret": "other"})"), first);
}

TEST_F(GrafanaTest, HasNoGeneratedAdminWhereOneIsGiven) {
  Render("dashboards: {adminRef: {name: who}}");
  for (const runtime::Intent& intent :
       stacks::PlanOf(stacks::MakeStack("ns", "s", "dashboards: {adminRef: {name: who}}"))
           .intents) {
    EXPECT_FALSE(intent.secret.has_value());
  }
  EXPECT_EQ(StringAt(Named(Pod()["volumes"], "admin"), "/secret/secretName"), "who");
}

TEST_F(GrafanaTest, HasNoTokenAndNoRight) {
  Render("dashboards: {adminRef: {name: x}}");
  EXPECT_EQ(Pod()["automountServiceAccountToken"], false);
  EXPECT_THAT(Dump(Pod()), Not(HasSubstr("serviceAccountToken\":")));
  EXPECT_EQ(objects_.count("RoleBinding"), 0U);
  EXPECT_EQ(Names(Pod()["initContainers"]), std::vector<std::string>{"dashboards"});
}

// Only the reader's container sees the token, which may read the ConfigMaps of this namespace.
TEST_F(GrafanaTest, ReadsDashboardsOfTheUserInAContainerOfItsOwn) {
  Render("dashboards: {selector: {matchLabels: {grafana_dashboard: '1'}}}");
  const Json& reader = Named(Pod()["initContainers"], "dashboard-reader");
  EXPECT_EQ(Named(reader["env"], "LABEL")["value"], "grafana_dashboard");
  EXPECT_EQ(Named(reader["env"], "LABEL_VALUE")["value"], "1");
  EXPECT_EQ(Named(reader["env"], "NAMESPACE")["value"], "ns");
  EXPECT_EQ(Named(reader["env"], "RESOURCE")["value"], "configmap");
  EXPECT_FALSE(Named(reader["volumeMounts"], "reader-token").is_null());
  EXPECT_TRUE(Named(At(Pod(), "/containers/0/volumeMounts"), "reader-token").is_null());
  EXPECT_EQ(Named(At(Pod(), "/containers/0/volumeMounts"), "own-dashboards")["readOnly"], true);
  EXPECT_EQ(StringAt(The("RoleBinding"), "/roleRef/name"), "belvedere-dashboard-reader");
  EXPECT_EQ(StringAt(The("RoleBinding"), "/metadata/namespace"), "ns");
  const Json providers = config::ParseYaml(File("dashboards.yml")).value()["providers"];
  EXPECT_EQ(providers[1]["options"]["path"],
            Named(reader["volumeMounts"], "own-dashboards")["mountPath"]);
}

TEST_F(GrafanaTest, FindsWhatIsMounted) {
  Render("logs: {}");
  const Json& server = At(Pod(), "/containers/0");
  const Json items = Named(Pod()["volumes"], "config")["configMap"]["items"];
  for (const Json& item : items) EXPECT_FALSE(File(item["key"]).empty());
  EXPECT_EQ(items.size(), 3U);
  const Json providers = config::ParseYaml(File("dashboards.yml")).value()["providers"];
  ASSERT_EQ(providers.size(), 1U);
  const Json& dashboards = Named(server["volumeMounts"], "dashboards");
  EXPECT_EQ(dashboards["mountPath"], providers[0]["options"]["path"]);
  EXPECT_EQ(dashboards["readOnly"], true);
}

TEST_F(GrafanaTest, KnowsTheServersOfItsStack) {
  Render("logs: {}");
  const Json file = config::ParseYaml(File("datasources.yml")).value();
  EXPECT_EQ(file["prune"], true);
  const Json& sources = file["datasources"];
  EXPECT_THAT(Names(sources), ElementsAre("Prometheus", "Alertmanager", "Loki"));
  EXPECT_EQ(sources[0]["url"], "http://prometheus-s.ns.svc:9090");
  EXPECT_EQ(sources[1]["url"], "http://alertmanager-s.ns.svc:9093");
  EXPECT_EQ(sources[2]["url"], "http://loki-s.ns.svc:3100");
  Render("{}");
  const Json without = config::ParseYaml(File("datasources.yml")).value();
  EXPECT_THAT(Names(without["datasources"]), ElementsAre("Prometheus", "Alertmanager"));
}

TEST_F(GrafanaTest, HasTheDashboardsOfWhatIsScrapedAndStored) {
  const auto arguments = [this](const std::string& spec) {
    Render(spec);
    return Named(Pod()["initContainers"], "dashboards")["args"].get<std::vector<std::string>>();
  };
  const std::vector<std::string> all = arguments("logs: {}");
  EXPECT_THAT(std::vector(all.begin(), all.begin() + 3),
              ElementsAre("dashboards", "--directory", "/etc/belvedere/dashboards"));
  EXPECT_THAT(all, Contains("belvedere-nodes"));
  EXPECT_THAT(all, Contains("belvedere-logs"));
  EXPECT_THAT(arguments("{}"), Not(Contains("belvedere-logs")));
  EXPECT_THAT(arguments("targets: {nodes: {state: Disabled}}"), Not(Contains("belvedere-nodes")));
}

TEST_F(GrafanaTest, RestartsForWhatItShowsAlone) {
  Render("{}");
  const Json before = At(The("StatefulSet"), "/spec/template");
  Render("metrics: {scrapeInterval: 10s}");
  EXPECT_EQ(At(The("StatefulSet"), "/spec/template"), before);
  for (const char* spec : {"logs: {}", "targets: {nodes: {state: Disabled}}"}) {
    Render(spec);
    EXPECT_NE(At(The("StatefulSet"), "/spec/template"), before) << spec;
  }
}

TEST_F(GrafanaTest, KeepsWhatPeopleSaveWhereItHasAVolume) {
  Render("{}");
  EXPECT_FALSE(Named(Pod()["volumes"], "data").is_null());
  Render("dashboards: {storage: {size: 2Gi}}");
  EXPECT_TRUE(Named(Pod()["volumes"], "data").is_null());
  EXPECT_EQ(StringAt(The("StatefulSet"), "/spec/volumeClaimTemplates/0/metadata/name"), "data");
}

}  // namespace
}  // namespace belvedere::operands

#include "controllers/alertpolicy/attachment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "controllers/alertpolicy/testing/policies.h"
#include "controllers/monitoringstack/kind.h"

namespace belvedere::alertpolicy {
namespace {

using monitoringstack::MonitoringStackKind;
using testing::MakeMain;
using testing::MakePolicy;
using testing::PrimaryPtr;
using testing::SloYaml;
using testing::StackWorld;
using testing::WithAccepted;
using testing::WithFields;

// Objects of a plan by name, as text.
std::map<std::string, std::string> ObjectsOf(const runtime::Plan& plan) {
  std::map<std::string, std::string> objects;
  for (const runtime::Intent& intent : plan.intents) {
    objects[std::string(intent.type.kind()) + " " + kube::KeyOf(intent.object).name] =
        Dump(intent.object);
  }
  return objects;
}

class Attachment : public ::testing::Test {
 protected:
  runtime::Plan PlanOf(const std::vector<PrimaryPtr>& policies) const {
    return kind_.MakePlan(*stack_, StackWorld(stack_, policies));
  }
  std::string InputsOf(const std::vector<PrimaryPtr>& policies) const {
    return kind_.PlanInputs(*stack_, StackWorld(stack_, policies));
  }
  // Rule files of all shards.
  std::map<std::string, std::string> FilesOf(const std::vector<PrimaryPtr>& policies) const {
    std::map<std::string, std::string> files;
    for (const auto& intent : PlanOf(policies).intents) {
      if (!kube::KeyOf(intent.object).name.starts_with("policies-")) continue;
      for (const auto& [name, text] : intent.object["data"].items()) files[name] = text;
    }
    return files;
  }

  const MonitoringStackKind kind_{operands::ImageTable()};
  const PrimaryPtr stack_ = MakeMain();
};

TEST(Routes, LeaveOutReceiversThatThePolicyMayNotName) {
  Compiled compiled;
  compiled.routes = {.ns = "shop", .name = "p"};
  for (const char* receiver : {"open", "bank-only", "gone"}) {
    compiled.routes.targets.push_back({.to = std::string(receiver)});
  }
  const std::vector<monitoringstack::Receiver> receivers{
      {.name = "open", .allowed_namespaces = {}, .integration = {}},
      {.name = "bank-only", .allowed_namespaces = {"bank"}, .integration = {}}};
  EXPECT_EQ(ProblemOf(compiled.routes, 0, receivers), std::nullopt);
  EXPECT_EQ(ProblemOf(compiled.routes, 1, receivers).value_or("").substr(0, 51),
            "spec.notify[1].receiver: receiver \"bank-only\" is no");
  EXPECT_EQ(ProblemOf(compiled.routes, 2, receivers).value_or("").substr(0, 51),
            "spec.notify[2].receiver: the stack has no receiver ");
  const auto routes = RoutesOf(
      {{MakePolicy("shop", "p", {SloYaml("a")}), std::make_shared<const Compiled>(compiled)}},
      receivers);
  ASSERT_EQ(routes.size(), 1U);
  ASSERT_EQ(routes[0].targets.size(), 1U);
  EXPECT_EQ(std::get<std::string>(routes[0].targets[0].to), "open");
}

TEST_F(Attachment, AStackRunsThePoliciesThatItTakes) {
  const auto files = FilesOf({MakePolicy("shop", "p", {SloYaml("a")}),
                              MakePolicy("monitoring", "p", {SloYaml("a")}),
                              MakePolicy("other", "p", {SloYaml("a")})});
  EXPECT_EQ(files.size(), 2U);
  EXPECT_TRUE(files.contains("shop.p.yaml"));
  EXPECT_TRUE(files.contains("monitoring.p.yaml"));
}

TEST_F(Attachment, WithoutASelectorItTakesItsOwnNamespaceAlone) {
  cache::Primary stack = *stack_;
  stack.spec = "{}";
  const auto plan =
      kind_.MakePlan(stack, StackWorld(std::make_shared<const cache::Primary>(stack),
                                       {MakePolicy("shop", "p", {SloYaml("a")}),
                                        MakePolicy("monitoring", "p", {SloYaml("a")})}));
  int files = 0;
  for (const auto& [name, text] : ObjectsOf(plan)) {
    if (name.starts_with("ConfigMap policies-"))
      files += text.find("monitoring.p.yaml") != std::string::npos;
    EXPECT_EQ(text.find("shop.p.yaml"), std::string::npos);
  }
  EXPECT_EQ(files, 1);
}

TEST_F(Attachment, AnEditChangesOneConfigMapAndNothingElse) {
  std::vector<PrimaryPtr> policies;
  policies.reserve(40);
  for (int i = 0; i < 40; ++i) {
    policies.push_back(MakePolicy("shop", "p" + std::to_string(i), {SloYaml("a")}));
  }
  const auto before = ObjectsOf(PlanOf(policies));
  policies[7] = MakePolicy("shop", "p7", {SloYaml("a", "other_total")}, 2);
  const auto after = ObjectsOf(PlanOf(policies));
  ASSERT_EQ(before.size(), after.size());
  int changed = 0;
  for (const auto& [name, text] : after) {
    if (before.at(name) == text) continue;
    EXPECT_TRUE(name.starts_with("ConfigMap policies-")) << name;
    ++changed;
  }
  EXPECT_EQ(changed, 1);
}

TEST_F(Attachment, ComingAndGoingLeavesThePodsAsTheyAre) {
  const auto none = ObjectsOf(PlanOf({}));
  const auto one = ObjectsOf(PlanOf({MakePolicy("shop", "p", {SloYaml("a")})}));
  EXPECT_EQ(one.size(), none.size() + 1);
  for (const auto& [name, text] : none) EXPECT_EQ(one.at(name), text) << name;
}

// Two receivers of its own, one of them for business hours.
constexpr const char* kOwn = R"(
businessHours: {timeZone: Asia/Seoul, days: [Monday-Friday], from: "09:00", to: "18:00"}
notify:
- {severity: Page, pagerduty: {routingKeyRef: {name: pagerduty, key: platform}}}
- {severity: Ticket, slack: {channel: "#platform", webhookRef: {name: slack, key: url}}, during: BusinessHours}
)";

TEST_F(Attachment, OwnReceiversAreInTheConfigAndTheirSecretsInThePods) {
  const PrimaryPtr plain = MakePolicy("monitoring", "p", {SloYaml("a")});
  const auto before = ObjectsOf(PlanOf({plain}));
  const auto after = ObjectsOf(PlanOf({WithFields(plain, kOwn)}));
  std::set<std::string> changed;
  for (const auto& [name, text] : before) {
    if (after.at(name) != text) changed.insert(name);
  }
  EXPECT_EQ(changed, (std::set<std::string>{"ConfigMap alertmanager-main",
                                            "StatefulSet alertmanager-main"}));
  const Json pod = At(*ParseJson(after.at("StatefulSet alertmanager-main")), "/spec/template/spec");
  std::set<std::string> mounted;
  for (const Json& volume : pod["volumes"]) {
    if (!volume.contains("secret")) continue;
    mounted.insert(volume["secret"]["secretName"]);
    EXPECT_TRUE(volume["secret"]["optional"]) << "one that is missing must not stop the pod";
  }
  EXPECT_EQ(mounted, (std::set<std::string>{"pagerduty", "slack"}));
  const std::string config = after.at("ConfigMap alertmanager-main");
  for (const char* part : {"/etc/belvedere/secrets/pagerduty/platform", "monitoring/p/1",
                           "Asia/Seoul", "messages.tmpl"}) {
    EXPECT_NE(config.find(part), std::string::npos) << part;
  }
}

TEST_F(Attachment, OwnReceiversThatAreRefusedLeaveTheLastGoodOnes) {
  const PrimaryPtr good = WithFields(MakePolicy("monitoring", "p", {SloYaml("a")}), kOwn);
  const auto before = ObjectsOf(PlanOf({good}));
  const PrimaryPtr bad =
      WithFields(good, "notify: [{severity: Page, slack: {channel: '{{ .X }}'}}]");
  EXPECT_EQ(ObjectsOf(PlanOf({WithAccepted(bad, good->spec)}))["ConfigMap alertmanager-main"],
            before.at("ConfigMap alertmanager-main"));
  const auto nothing = ObjectsOf(PlanOf({MakePolicy("shop", "p", {SloYaml("a")})}));
  const auto foreign =
      ObjectsOf(PlanOf({WithFields(MakePolicy("shop", "p", {SloYaml("a")}), kOwn)}));
  for (const char* name : {"ConfigMap alertmanager-main", "StatefulSet alertmanager-main"}) {
    EXPECT_EQ(foreign.at(name), nothing.at(name)) << "a policy of another namespace";
  }
}

TEST_F(Attachment, ASilenceIsOfItsOwnPolicyAndChangesNoPod) {
  const PrimaryPtr plain = MakePolicy("shop", "p", {SloYaml("a")});
  const auto before = ObjectsOf(PlanOf({plain}));
  const auto after = ObjectsOf(PlanOf({WithFields(
      plain,
      "silences: [{name: night, matchers: {system: checkout}, from: '2026-12-01T00:00:00Z', until: "
      "'2026-12-01T04:00:00Z', reason: upgrade}]")}));
  const std::string config = "ConfigMap alertmanager-main";
  for (const auto& [name, text] : before) {
    // The policy's rules tell what the silence covers.
    const bool has_rules = name.starts_with("ConfigMap policies-");
    EXPECT_EQ(after.at(name) == text, name != config && !has_rules) << name;
    EXPECT_EQ(after.at(name).find("policy_entry:ALERTS:silenced") != std::string::npos, has_rules);
  }
  EXPECT_FALSE(At(*ParseJson(before.at(config)), "/data").contains("silences.json"));
  const Json file = *ParseJson(StringAt(*ParseJson(after.at(config)), "/data/silences.json"));
  ASSERT_EQ(file.size(), 1U);
  EXPECT_EQ(file[0]["createdBy"], "belvedere: shop/p/night");
  EXPECT_EQ(file[0]["comment"], "upgrade");
  EXPECT_EQ(file[0]["endsAt"], "2026-12-01T04:00:00Z");
  std::map<std::string, std::string> matchers;
  for (const Json& one : file[0]["matchers"]) matchers[one["name"]] = one["value"];
  EXPECT_EQ(matchers,
            (std::map<std::string, std::string>{
                {"policy_name", "p"}, {"policy_namespace", "shop"}, {"system", "checkout"}}));
}

TEST_F(Attachment, PlansDifferOnlyWhereInputsDo) {
  const PrimaryPtr good = MakePolicy("shop", "p", {SloYaml("a")});
  const PrimaryPtr bad = MakePolicy("shop", "p", {SloYaml("a", "x{")}, 2);
  const std::string inputs = InputsOf({good});
  EXPECT_EQ(InputsOf({WithAccepted(good, good->spec)}), inputs);
  EXPECT_EQ(InputsOf({good, MakePolicy("other", "p", {SloYaml("a")})}), inputs);
  EXPECT_NE(InputsOf({}), inputs);
  EXPECT_NE(InputsOf({MakePolicy("shop", "p", {SloYaml("b")}, 2)}), inputs);
  EXPECT_NE(InputsOf({bad}), InputsOf({WithAccepted(bad, good->spec)}));
}

TEST_F(Attachment, OneBadOfTenHurtsOnlyItself) {
  std::vector<PrimaryPtr> policies;
  policies.reserve(10);
  for (int i = 0; i < 10; ++i) {
    policies.push_back(MakePolicy("shop", "p" + std::to_string(i), {SloYaml("a")}));
  }
  const auto before = FilesOf(policies);
  policies[3] = MakePolicy("shop", "p3", {SloYaml("a", "x{")}, 2);
  auto after = FilesOf(policies);
  EXPECT_EQ(after.size(), 9U);
  policies[3] = WithAccepted(policies[3], MakePolicy("shop", "p3", {SloYaml("a")})->spec);
  EXPECT_EQ(FilesOf(policies), before);
}

}  // namespace
}  // namespace belvedere::alertpolicy

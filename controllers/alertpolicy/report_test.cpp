#include "controllers/alertpolicy/report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controllers/alertpolicy/attachment.h"
#include "controllers/alertpolicy/kind.h"
#include "controllers/alertpolicy/room.h"
#include "controllers/alertpolicy/testing/policies.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/accepted_spec.h"
#include "controllers/operands/prometheus.h"
#include "operator/runtime/conditions.h"

namespace belvedere::alertpolicy {
namespace {

using runtime::Condition;
using testing::MakeMain;
using testing::MakePolicy;
using testing::PolicyWorld;
using testing::PrimaryPtr;
using testing::SloYaml;
using testing::WithAccepted;

// The stack, whose pods have loaded what was served in shard 3.
PrimaryPtr MainWith(const std::string& loaded) {
  std::vector<std::string> served(operands::kPolicyShards);
  served[3] = loaded;
  cache::Primary stack = *MakeMain();
  const std::vector<Condition> conditions{
      {.type = "Available", .status = runtime::Truth::kTrue, .cause = {"Serving", ""}}};
  stack.status = Dump(
      Json{{"conditions", runtime::ToJson(conditions)}, {kLoadedPolicies, HashOfServed(served)}});
  return std::make_shared<const cache::Primary>(stack);
}

struct Seen {
  std::map<std::string, std::string> conditions;  // "True Reason"
  std::map<std::string, std::string> messages;
  Json fields;
};

Seen See(const PrimaryPtr& policy, const runtime::World& world) {
  const runtime::Report report = MakeReport(*policy, world, Compiler());
  Seen seen{.fields = report.fields};
  for (const Condition& condition :
       runtime::MakeConditions(report.verdict, policy->generation, {}, {})) {
    seen.conditions[condition.type] =
        std::string(runtime::ToString(condition.status)) + " " + condition.cause.reason;
    seen.messages[condition.type] = condition.cause.message;
  }
  return seen;
}

TEST(AlertPolicyReport, IsReadyOnceEveryPrometheusHasProvenItsGeneration) {
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")}, 2);
  const std::string served = "uid-bank-p@1 uid-shop-p@2";
  Seen seen = See(policy, PolicyWorld(MainWith(""), policy, "uid-bank-p@1 uid-shop-p@1"));
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "False WaitingForStack");
  EXPECT_EQ(seen.conditions["Reconciling"], "True WaitingForStack");
  EXPECT_EQ(seen.fields["entries"][0]["state"], "Pending");
  seen = See(policy, PolicyWorld(MainWith("uid-bank-p@1 uid-shop-p@1"), policy, served));
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "False WaitingForStack");
  seen = See(policy, PolicyWorld(MainWith(served), policy, served));
  EXPECT_EQ(seen.conditions["Ready"], "True Reconciled");
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "True Loaded");
  EXPECT_EQ(seen.fields["entries"][0]["state"], "Loaded");
  EXPECT_EQ(seen.fields[operands::kAcceptedSpec], policy->spec);
}

TEST(AlertPolicyReport, AnEditOfAnotherPolicyDoesNotUnsettleIt) {
  cache::Primary settled = *MakePolicy("shop", "p", {SloYaml("a")}, 2);
  const std::vector<Condition> conditions{{.type = "ConfigLoaded",
                                           .status = runtime::Truth::kTrue,
                                           .cause = {"Loaded", ""},
                                           .observed_generation = 2}};
  settled.status = Dump(Json{{"conditions", runtime::ToJson(conditions)}});
  const auto policy = std::make_shared<const cache::Primary>(settled);
  const PrimaryPtr stack = MainWith("uid-bank-p@1 uid-shop-p@2");
  Seen seen = See(policy, PolicyWorld(stack, policy, "uid-bank-p@2 uid-shop-p@2"));
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "True Loaded");
  settled.generation = 3;
  const auto edited = std::make_shared<const cache::Primary>(settled);
  seen = See(edited, PolicyWorld(stack, edited, "uid-bank-p@2 uid-shop-p@3"));
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "False WaitingForStack");
}

TEST(AlertPolicyReport, SaysWhatIsMissing) {
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")});
  Seen seen = See(policy, PolicyWorld(nullptr, policy, ""));
  EXPECT_EQ(seen.conditions["Accepted"], "False ReferenceNotFound");
  EXPECT_EQ(seen.messages["Accepted"],
            "spec.stack: there is no MonitoringStack monitoring/main; create it, or correct the "
            "name");
  const PrimaryPtr foreign = MakePolicy("other", "p", {SloYaml("a")});
  seen = See(foreign, PolicyWorld(MainWith(""), foreign, ""));
  EXPECT_EQ(seen.conditions["Accepted"], "False NamespaceNotAccepted");
  EXPECT_NE(seen.messages["Accepted"].find("spec.policies.namespaceSelector"), std::string::npos);
  EXPECT_EQ(seen.conditions["Ready"].substr(0, 5), "False");
}

TEST(AlertPolicyReport, AThresholdThatNoBucketHasIsRefusedOnceTheBucketsAreKnown) {
  const PrimaryPtr policy = MakePolicy(
      "shop", "p", {"{name: a, target: '99', latency: {histogram: h, threshold: 300ms}}"});
  runtime::World world = PolicyWorld(MainWith("uid-shop-p@1"), policy, "uid-shop-p@1");
  Seen seen = See(policy, world);
  EXPECT_EQ(seen.conditions["Ready"], "True Reconciled");
  world.readings = {{.component = "prometheus", .pod = "prometheus-main-0"}};
  for (const char* edge : {"10.0", "0.25", "+Inf"}) {
    world.readings[0].now["slo:latency_edges:other{entry=\"a\",le=\"" + std::string(edge) +
                          "\",policy_name=\"p\",policy_namespace=\"shop\"}"] = 1;
  }
  seen = See(policy, world);
  const std::string problem =
      "spec.slos[0].latency.threshold: 0.3 is no edge of a bucket; there are: 0.25, 10";
  EXPECT_EQ(seen.conditions["Accepted"], "False EntryRejected");
  EXPECT_EQ(seen.messages["Accepted"], problem);
  EXPECT_EQ(StringAt(seen.fields, "/entries/0/state"), "Rejected");
  EXPECT_EQ(StringAt(seen.fields, "/entries/0/message"), problem);
  world.readings[0].now
      ["slo:latency_edges:other{entry=\"a\",le=\"0.3\",policy_name=\"p\","
       "policy_namespace=\"shop\"}"] = 1;
  EXPECT_EQ(See(policy, world).conditions["Ready"], "True Reconciled")
      << "an older threshold's reading";
}

TEST(AlertPolicyReport, APolicyThatNoShardHasRoomForSaysSo) {
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")}, 2);
  Seen seen = See(policy, PolicyWorld(MainWith(""), policy, "uid-bank-p@1 " + LeftOut(*policy)));
  EXPECT_EQ(seen.conditions["Accepted"], "False NoRoom");
  EXPECT_NE(seen.messages["Accepted"].find("name another stack"), std::string::npos);
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "False NoRoom");
  seen = See(policy, PolicyWorld(MainWith(""), policy, "!uid-shop-p@1"));
  EXPECT_EQ(seen.conditions["Accepted"], "True Accepted") << "that was an older generation";
}

TEST(AlertPolicyReport, APolicyWhoseSilencesHaveNoRoomSaysSoAndKeepsItsRules) {
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")});
  const std::string served = "uid-shop-p@1 " + Unsilenced(*policy);
  Seen seen = See(policy, PolicyWorld(MainWith(served), policy, served));
  EXPECT_EQ(seen.conditions["Accepted"], "False NoRoom");
  EXPECT_EQ(seen.messages["Accepted"].substr(0, 14), "spec.silences:");
  EXPECT_EQ(seen.conditions["ConfigLoaded"], "True Loaded");
}

TEST(AlertPolicyReport, ARefusedEntryIsNamedWithItsPositionAndTheOthersAreLoaded) {
  const PrimaryPtr good = MakePolicy("shop", "p", {SloYaml("a"), SloYaml("b")});
  const PrimaryPtr bad =
      WithAccepted(MakePolicy("shop", "p", {SloYaml("a"), SloYaml("b", "x{")}, 2), good->spec);
  const Seen seen = See(bad, PolicyWorld(MainWith("uid-shop-p@2"), bad, "uid-shop-p@2"));
  auto conditions = seen.conditions;
  EXPECT_EQ(conditions["Accepted"], "False EntryRejected");
  EXPECT_EQ(conditions["ConfigLoaded"], "True Loaded");
  EXPECT_EQ(conditions["Stalled"], "True EntryRejected");
  EXPECT_EQ(seen.fields["entries"][0]["state"], "Loaded");
  EXPECT_EQ(seen.fields["entries"][1]["state"], "Rejected");
  EXPECT_EQ(seen.fields["entries"][1]["message"].get<std::string>().substr(0, 27),
            "spec.slos[1].ratio.total: 1");
  EXPECT_NE(seen.fields[operands::kAcceptedSpec].get<std::string>().find("requests_total"),
            std::string::npos);
}

TEST(AlertPolicyReport, AnEntrySaysThatItFiresOrSeesNothing) {
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a"), SloYaml("b"), SloYaml("c")});
  runtime::World world = PolicyWorld(MainWith("uid-shop-p@1"), policy, "uid-shop-p@1");
  const std::string series = operands::kPolicyAlerts;
  const std::string of = ",policy_name=\"p\",policy_namespace=\"shop\"}";
  runtime::Reading reading{.component = "prometheus", .pod = "prometheus-main-0"};
  reading.now = {
      {series + "{alertname=\"SloBudgetBurn\",alertstate=\"firing\",entry=\"a\"" + of, 2},
      {series + "{alertname=\"SloSeriesGone\",alertstate=\"pending\",entry=\"b\"" + of, 1}};
  world.readings.push_back(reading);
  const Json entries = See(policy, world).fields["entries"];
  EXPECT_EQ(entries[0]["state"], "Firing");
  EXPECT_EQ(entries[0]["message"], "SloBudgetBurn: the error budget burns too fast");
  EXPECT_EQ(entries[1]["state"], "NoData");
  EXPECT_EQ(entries[2]["state"], "Loaded");
  EXPECT_EQ(entries[2]["receivers"], Json::array()) << "neither policy nor stack name any";
}

TEST(AlertPolicyReport, AStackWithPoliciesIsAskedForTheirAlerts) {
  const monitoringstack::MonitoringStackKind kind{operands::ImageTable()};
  const PrimaryPtr stack = MakeMain();
  const auto asked = [&](const std::vector<PrimaryPtr>& policies) {
    const runtime::Plan plan = kind.MakePlan(*stack, testing::StackWorld(stack, policies));
    return std::ranges::count_if(plan.components,
                                 [](const auto& one) { return one.meter.has_value(); });
  };
  EXPECT_EQ(asked({}), 0);
  EXPECT_EQ(asked({MakePolicy("shop", "p", {SloYaml("a")})}), 1);
}

TEST(AlertPolicyReport, AStackThatIsLoadedSaysWhatOf) {
  const monitoringstack::MonitoringStackKind kind{operands::ImageTable()};
  const PrimaryPtr stack = MakeMain();
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")});
  const auto world = testing::StackWorld(stack, {policy});
  const runtime::Plan plan = kind.MakePlan(*stack, world);
  EXPECT_FALSE(kind.MakeReport(*stack, world, plan, {}).fields.contains(kLoadedPolicies));
  const AlertPolicyKind policies;
  EXPECT_EQ(policies.Concerned(monitoringstack::kMonitoringStack, *stack, {{policy}}),
            std::vector{policy->key});
  EXPECT_EQ(kind.Concerned(kAlertPolicy, *policy, {}), std::vector{stack->key});
}

}  // namespace
}  // namespace belvedere::alertpolicy

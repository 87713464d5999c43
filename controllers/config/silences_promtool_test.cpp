#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "controllers/config/silences.h"
#include "controllers/config/yaml.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// What a silence covers, as Prometheus computes it. hack/test names promtool in BELVEDERE_PROMTOOL.
namespace belvedere::config {
namespace {

// promtool begins at the epoch: minutes of it.
WallTime Minute(int minute) { return WallTime(std::chrono::minutes(minute)); }

Silence Make(const std::string& name, std::map<std::string, std::string> matchers) {
  return {.ns = "shop",
          .policy = "checkout",
          .name = name,
          .matchers = std::move(matchers),
          .from = Minute(10),
          .until = Minute(20),
          .reason = "maintenance"};
}

Json Alert(const std::string& policy, const std::string& zone) {
  return {{"alert", "QueueLong"},
          {"expr", "vector(1)"},
          {"labels",
           {{"policy_namespace", "shop"},
            {"policy_name", policy},
            {"entry", "queue"},
            {"zone", zone}}}};
}

Json Asked(const std::string& at, const Json& samples) {
  return {{"expr", std::string(kSilencedAlerts)}, {"eval_time", at}, {"exp_samples", samples}};
}

Json Sample(const std::string& silence, int alerts) {
  return {{"labels", std::string(kSilencedAlerts) +
                         "{alertname=\"QueueLong\",entry=\"queue\",policy_name=\"checkout\","
                         "policy_namespace=\"shop\",silence=\"" +
                         silence + "\"}"},
          {"value", alerts}};
}

TEST(SilencesPromtool, CoverFiringAlertsOfTheirPolicyWhileTheyLast) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  const Json alerts{{"name", "alerts"},
                    {"rules", Json::array({Alert("checkout", "north"), Alert("checkout", "south"),
                                           Alert("another", "north")})}};
  Json rules = ToRuleFile(
      {SilencedGroup({Make("all", {{"entry", "queue"}}), Make("north", {{"zone", "north"}}),
                      Make("none", {{"zone", "west"}})})});
  rules["groups"].insert(rules["groups"].begin(), alerts);
  const Json none = Json::array();
  const Json both = Json::array({Sample("all", 2), Sample("north", 1)});
  const Json asked =
      Json::array({Asked("9m", none), Asked("10m", both), Asked("19m", both), Asked("20m", none)});
  const Json test{{"rule_files", Json::array({"rules.yaml"})},
                  {"evaluation_interval", "1m"},
                  {"group_eval_order", Json::array({"alerts", "silences"})},
                  {"tests", Json::array({{{"interval", "1m"}, {"promql_expr_test", asked}}})}};
  const TemporaryDir dir;
  std::ofstream(dir.path() / "rules.yaml") << ToYaml(rules).value();
  std::ofstream(dir.path() / "test.yaml") << ToYaml(test).value();
  const Ran tested =
      RunCommand(std::string(promtool) + " test rules " + (dir.path() / "test.yaml").string());
  EXPECT_EQ(tested.status, 0) << tested.output;
}

}  // namespace
}  // namespace belvedere::config

#include "controllers/alertpolicy/compile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "controllers/alertpolicy/testing/policies.h"
#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/testing/random_expressions.h"
#include "controllers/config/promql/usage.h"
#include "controllers/config/yaml.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/how_many.h"
#include "operator/base/testing/temporary_dir.h"

namespace belvedere::alertpolicy {
namespace {

using testing::MakePolicy;
using testing::PrimaryPtr;
using testing::SloYaml;
using testing::WithAccepted;

const Ground kGround{.ns = "monitoring", .region = "eu", .retention = std::chrono::days(30)};
const std::string kLatency =
    "{name: latency, target: '99', latency: {histogram: h, selector: '{job=\"f\"}', threshold: "
    "20ms}, by: [route], tiers: [Fast, Slow]}";

// With all their labels, those that they share with their group included.
std::vector<Json> RulesOf(const Compiled& compiled) {
  std::vector<Json> rules;
  if (compiled.rules.empty()) return rules;
  const Json file = config::ParseYaml(compiled.rules).value();
  for (const Json& group : file["groups"]) {
    for (Json rule : group["rules"]) {
      Json labels = group.value("labels", Json::object());
      labels.update(rule.value("labels", Json::object()));
      rule["labels"] = std::move(labels);
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

int AlertsOf(const Compiled& compiled, const std::string& entry, const std::string& metric = "") {
  int count = 0;
  for (const Json& rule : RulesOf(compiled)) {
    const bool is_its = StringAt(rule, "/labels/entry") == entry;
    if (is_its && StringAt(rule, "/expr").find(metric) != std::string::npos) ++count;
  }
  return count;
}

// Whatever the rule reads is of the namespace, and what it makes says so.
void ExpectReadsOnly(const std::string& ns, const Json& rule) {
  const auto expr = config::promql::Parse(StringAt(rule, "/expr"));
  ASSERT_TRUE(expr) << rule;
  const config::promql::Matcher own{.label = "namespace", .value = ns};
  for (const auto& selector : config::promql::UsageOf(*expr).selectors) {
    EXPECT_NE(std::ranges::find(selector.matchers, own), selector.matchers.end()) << rule;
  }
  EXPECT_EQ(StringAt(rule, "/labels/namespace"), ns) << rule;
  EXPECT_EQ(StringAt(rule, "/labels/policy_namespace"), ns) << rule;
}

TEST(AlertPolicyCompile, EveryRuleSaysWhoseItIs) {
  const auto compiled = Compile(*MakePolicy("shop", "p", {SloYaml("a"), kLatency}), kGround);
  ASSERT_FALSE(compiled.refused) << *compiled.refused;
  ASSERT_GT(RulesOf(compiled).size(), 20U);
  for (const Json& rule : RulesOf(compiled)) {
    EXPECT_EQ(StringAt(rule, "/labels/policy_namespace"), "shop");
    EXPECT_EQ(StringAt(rule, "/labels/policy_name"), "p");
    EXPECT_NE(StringAt(rule, "/labels/entry"), "");
    if (!rule.contains("alert")) continue;
    EXPECT_EQ(StringAt(rule, "/labels/owner"), "team-a");
    EXPECT_EQ(StringAt(rule, "/labels/system"), "checkout");
    EXPECT_EQ(StringAt(rule, "/labels/region"), "eu");
    EXPECT_NE(StringAt(rule, "/labels/severity"), "");
    EXPECT_EQ(StringAt(rule, "/annotations/runbook_url"), "https://runbooks.example/a");
    EXPECT_NE(StringAt(rule, "/annotations/summary").find("checkout"), std::string::npos);
  }
}

TEST(AlertPolicyCompile, EverySelectorOfATenantIsOfItsNamespace) {
  const auto tenant = Compile(*MakePolicy("shop", "p", {SloYaml("a"), kLatency}), kGround);
  for (const Json& rule : RulesOf(tenant)) ExpectReadsOnly("shop", rule);
  const auto platform = Compile(*MakePolicy("monitoring", "p", {SloYaml("a")}), kGround);
  for (const Json& rule : RulesOf(platform)) {
    EXPECT_EQ(StringAt(rule, "/expr").find(" namespace="), std::string::npos) << rule;
    EXPECT_FALSE(rule["labels"].contains("namespace"));
  }
}

TEST(AlertPolicyCompile, ATenantCannotNameAnotherNamespace) {
  const std::string slo = R"({name: a, target: '99', ratio: {total: 'r{namespace="bank"}', bad: )"
                          R"('r{namespace="bank",code="5"}'}})";
  const auto compiled = Compile(*MakePolicy("shop", "p", {slo}), kGround);
  bool is_narrowed = false;
  for (const Json& rule : RulesOf(compiled)) {
    const std::string expr = StringAt(rule, "/expr");
    is_narrowed = is_narrowed ||
                  expr.find(R"(r{namespace="bank", namespace="shop"})") != std::string::npos ||
                  expr.find(R"(r{namespace="bank", namespace="shop"}[)") != std::string::npos;
  }
  EXPECT_TRUE(is_narrowed) << compiled.rules;
}

TEST(AlertPolicyCompile, OfABadEntryTheLastGoodOneRunsOn) {
  const PrimaryPtr good = MakePolicy("shop", "p", {SloYaml("a", "old"), SloYaml("b", "old")});
  const auto first = Compile(*good, kGround);
  EXPECT_EQ(first.running, good->spec);
  const PrimaryPtr bad = WithAccepted(
      MakePolicy("shop", "p", {SloYaml("a", "new"), SloYaml("b", "new{"), SloYaml("c", "x{")}, 2),
      first.running);
  const auto second = Compile(*bad, kGround);
  EXPECT_FALSE(second.refused);
  EXPECT_GT(AlertsOf(second, "a", "new"), 0);
  EXPECT_GT(AlertsOf(second, "b", "old"), 0);
  EXPECT_EQ(AlertsOf(second, "b", "new"), 0);
  EXPECT_EQ(AlertsOf(second, "c"), 0);
  ASSERT_EQ(second.entries.size(), 3U);
  EXPECT_EQ(second.entries[0].problem, "");
  EXPECT_EQ(second.entries[1].problem.substr(0, 25), "spec.slos[1].ratio.total:");
  // What runs is what was accepted: nothing changes when the status says so.
  EXPECT_EQ(Compile(*WithAccepted(bad, second.running), kGround).rules, second.rules);
}

TEST(AlertPolicyCompile, OfABadSpecTheLastGoodOneRunsOn) {
  const PrimaryPtr good = MakePolicy("shop", "p", {SloYaml("a")});
  cache::Primary bad = *WithAccepted(good, good->spec);
  bad.spec = R"({"stack":{"name":"main","namespace":"monitoring"},"owner":"{{x}}","slos":[]})";
  const auto compiled = Compile(bad, kGround);
  ASSERT_TRUE(compiled.refused);
  EXPECT_NE(compiled.refused->find("spec.owner"), std::string::npos);
  EXPECT_EQ(compiled.rules, Compile(*good, kGround).rules);
  bad.status.clear();
  EXPECT_EQ(Compile(bad, kGround).rules, "");
}

TEST(AlertPolicyCompile, WhatCannotWorkOnThisStackIsRefused) {
  const auto problem = [](const std::string& slo, std::chrono::seconds retention) {
    const Ground ground{.ns = "monitoring", .retention = retention};
    return Compile(*MakePolicy("shop", "p", {slo}), ground).entries.at(0).problem;
  };
  const std::string ratio = "ratio: {total: a, bad: b}}";
  EXPECT_EQ(problem("{name: a, target: '99', window: 30d, " + ratio, std::chrono::days(15)),
            "spec.slos[0].window: 30d is longer than series are kept, which is 15d");
  EXPECT_EQ(problem("{name: a, target: '90', tiers: [Fast], " + ratio, std::chrono::days(30)),
            "spec.slos[0].tiers: fast could never fire: it needs more bad requests than there are "
            "requests");
  EXPECT_EQ(problem("{name: a, target: '90', " + ratio, std::chrono::days(30)), "");
}

TEST(AlertPolicyCompile, AUsualWindowThatIsTooLongLeavesTheBurning) {
  const Ground ground{.ns = "monitoring", .retention = std::chrono::days(2)};
  const auto compiled = Compile(*MakePolicy("shop", "p", {SloYaml("a")}), ground);
  EXPECT_EQ(compiled.entries[0].problem, "");
  EXPECT_NE(compiled.entries[0].note, "");
  int burns = 0;
  for (const Json& rule : RulesOf(compiled)) {
    if (StringAt(rule, "/alert") == "SloBudgetBurn") ++burns;
    EXPECT_EQ(StringAt(rule, "/expr").find("[30d]"), std::string::npos);
    EXPECT_EQ(StringAt(rule, "/expr").find("[3d]"), std::string::npos);
    EXPECT_EQ(StringAt(rule, "/expr").find("error_budget:remaining"), std::string::npos);
  }
  EXPECT_EQ(burns, 3);
}

// One of each kind, as a policy has them.
PrimaryPtr MakeMonitors(const std::string& ns, const std::vector<std::string>& monitors) {
  cache::Primary policy = *MakePolicy(ns, "p", {SloYaml("a")});
  Json spec = *ParseJson(policy.spec);
  spec.erase("slos");
  for (const std::string& monitor : monitors) {
    spec["monitors"].push_back(config::ParseYaml(monitor).value());
  }
  policy.spec = Dump(spec);
  return std::make_shared<const cache::Primary>(policy);
}

const std::vector<std::string> kMonitors{
    "{name: disk, forecast: {value: avail_bytes, of: size_bytes, below: '0', onlyUnder: 40%}}",
    "{name: queue, threshold: {value: queue_depth, above: '1000', recoverBelow: '600'}, for: 10m}",
    "{name: traffic, anomaly: {value: 'sum(rate(r_total[5m]))'}}",
    "{name: slow, outlier: {value: 'rate(s_sum[5m])', among: [job], by: [pod]}}",
    "{name: gone, absent: {job: node-exporter}}",
    "{name: lost, absent: {job: a, series: 'up_total{x=\"1\"}'}}",
    "{name: changed, change: {value: users, by: 50%, over: 1h}}",
    "{name: loop, symptom: true, severity: Page, expr: 'max_over_time(waiting[5m]) >= 1'}"};

TEST(AlertPolicyCompile, MonitorsOfATenantReadItsNamespaceAlone) {
  const auto compiled = Compile(*MakeMonitors("shop", kMonitors), kGround);
  ASSERT_FALSE(compiled.refused) << *compiled.refused;
  for (const Judged& entry : compiled.entries) EXPECT_EQ(entry.problem, "");
  std::set<std::string> entries;
  for (const Json& rule : RulesOf(compiled)) {
    entries.insert(StringAt(rule, "/labels/entry"));
    ExpectReadsOnly("shop", rule);
    if (!rule.contains("alert")) continue;
    EXPECT_EQ(StringAt(rule, "/labels/severity"),
              StringAt(rule, "/labels/entry") == "loop" && rule["alert"] == "MonitorCondition"
                  ? "critical"
                  : "warning");
    EXPECT_EQ(StringAt(rule, "/annotations/summary").find("the alert fires"), std::string::npos);
  }
  EXPECT_EQ(entries.size(), kMonitors.size());
}

// Monitors of expressions that the grammar makes, some of which are of the wrong type.
std::vector<std::string> RandomMonitors(config::promql::testing::RandomExpressions& random) {
  std::vector<std::string> monitors;
  for (int i = 0; i < 30; ++i) {
    Json monitor{{"name", "m" + std::to_string(i)}};
    if (i % 3 == 0) monitor["threshold"] = {{"value", random.Make()}, {"above", "1"}};
    if (i % 3 == 1) monitor["expr"] = "(" + random.Make() + ") > 1";
    if (i % 3 == 2) monitor["anomaly"] = {{"value", random.Make()}};
    monitors.push_back(Dump(monitor));
  }
  return monitors;
}

constexpr int kExpressions = HowMany(10'000, 300);

TEST(AlertPolicyCompile, NoExpressionOfATenantReadsAnothers) {
  config::promql::testing::RandomExpressions random(11);
  int accepted = 0;
  while (accepted < kExpressions && !HasFailure()) {
    const std::string ns = accepted % 2 == 0 ? "shop" : "bank";
    const auto compiled = Compile(*MakeMonitors(ns, RandomMonitors(random)), kGround);
    ASSERT_FALSE(compiled.refused) << *compiled.refused;
    for (const Judged& entry : compiled.entries) accepted += entry.problem.empty() ? 1 : 0;
    for (const Json& rule : RulesOf(compiled)) ExpectReadsOnly(ns, rule);
  }
  std::cout << accepted << " expressions of two tenants read their own series\n";
}

TEST(AlertPolicyCompile, AnAlertTellsItsValueWhereItHasOne) {
  std::vector<Json> rules = RulesOf(Compile(*MakePolicy("shop", "p", {SloYaml("a")}), kGround));
  for (const Json& rule : RulesOf(Compile(*MakeMonitors("shop", kMonitors), kGround))) {
    rules.push_back(rule);
  }
  std::set<std::string> alerts;
  for (const Json& rule : rules) {
    const std::string alert = StringAt(rule, "/alert");
    if (alert.empty()) continue;
    alerts.insert(alert);
    const bool is_gone = alert.ends_with("Gone") || alert.ends_with("NoData");
    const bool has_value = StringAt(rule, "/annotations/value").find("$value") != std::string::npos;
    EXPECT_NE(is_gone, has_value) << alert;
  }
  EXPECT_EQ(alerts.size(), 13U);
}

TEST(AlertPolicyCompile, MonitorsThatWouldWakePeopleForNothingAreRefused) {
  const auto problem = [](const std::string& monitor) {
    return Compile(*MakeMonitors("shop", {monitor}), kGround).entries.at(0).problem;
  };
  EXPECT_EQ(problem("{name: a, expr: 'b > 1', for: 1m}"),
            "spec.monitors[0]: for: must be at least 5m, and less than 1d");
  EXPECT_NE(problem("{name: a, expr: b}"), "");
  EXPECT_NE(problem("{name: a, expr: 'b > 1', severity: Page}"), "");
}

TEST(AlertPolicyCompile, ACompilerRemembersUntilSomethingMatters) {
  const Compiler compiler;
  const PrimaryPtr policy = MakePolicy("shop", "p", {SloYaml("a")});
  const auto first = compiler.Get(*policy, kGround);
  EXPECT_EQ(compiler.Get(*WithAccepted(policy, "{}"), kGround), first);
  Ground other = kGround;
  other.retention = std::chrono::days(10);
  EXPECT_NE(compiler.Get(*policy, other), first);
  EXPECT_EQ(compiler.StackOf(*policy), (kube::ObjectKey{"monitoring", "main"}));
}

TEST(AlertPolicyCompile, PromtoolAcceptsTheRules) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  const TemporaryDir folder;
  for (const char* ns : {"monitoring", "shop"}) {
    const auto compiled = Compile(*MakePolicy(ns, "p", {SloYaml("a"), kLatency}), kGround);
    std::ofstream(folder.path() / (std::string(ns) + ".yaml")) << compiled.rules;
    std::ofstream(folder.path() / (std::string(ns) + "-monitors.yaml"))
        << Compile(*MakeMonitors(ns, kMonitors), kGround).rules;
  }
  const Ran ran = RunCommand(std::string(promtool) + " check rules --lint=all --lint-fatal " +
                             folder.path().string() + "/*.yaml");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace belvedere::alertpolicy

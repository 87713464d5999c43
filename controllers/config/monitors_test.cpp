#include "controllers/config/monitors.h"

#include <gtest/gtest.h>

#include <set>

#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/testing/monitor_scenarios.h"

namespace belvedere::config::monitors {
namespace {

using namespace std::chrono_literals;
using testing::ExprOf;
using testing::MonitorOf;

constexpr std::chrono::seconds kMonth = std::chrono::days(30);

std::string ProblemOf(const Monitor& monitor) {
  const Status checked = Check(monitor, kMonth);
  return checked ? "" : checked.error().message;
}
std::string ProblemOf(Kind kind) { return ProblemOf(MonitorOf(std::move(kind))); }

TEST(Monitors, WaitAtLeastFiveMinutesAndPageOnlyForSymptoms) {
  Monitor monitor = MonitorOf(Threshold{.value = ExprOf("x"), .level = 1});
  EXPECT_EQ(WaitOf(monitor), 5min);
  EXPECT_EQ(ProblemOf(monitor), "");
  monitor.wait = 4min;
  EXPECT_EQ(ProblemOf(monitor), "for: must be at least 5m, and less than 1d");
  monitor.wait = 24h;
  EXPECT_EQ(ProblemOf(monitor), "for: must be at least 5m, and less than 1d");
  monitor.wait = 10min;
  monitor.severity = Severity::kPage;
  EXPECT_EQ(ProblemOf(monitor),
            "severity: only what users feel may page; if they do, say `symptom: true`");
  monitor.symptom = Symptom::kYes;
  EXPECT_EQ(ProblemOf(monitor), "");
}

TEST(Monitors, ValuesAreSeriesThatCanBeTold) {
  const auto problem = [](const char* value) {
    return ProblemOf(Threshold{.value = ExprOf(value), .level = 1});
  };
  EXPECT_EQ(problem("1"), "value: must be an instant vector");
  EXPECT_EQ(problem("x[5m]"), "value: must be an instant vector");
  EXPECT_EQ(problem("vector(1)"), "value: reads no series");
  EXPECT_EQ(problem("{job=\"x\"}"), "value: reads series of any name");
  EXPECT_EQ(problem("sum(topk(3, x))"),
            "value: topk gives other series each time, so that an alert ends");
}

TEST(Monitors, RecoveryLiesOnTheHealthySide) {
  Threshold threshold{.value = ExprOf("x"), .level = 10, .recovery = 10};
  EXPECT_EQ(ProblemOf(threshold), "recovery: must be below the level, which is 10");
  threshold.side = Side::kBelow;
  threshold.recovery = 9;
  EXPECT_EQ(ProblemOf(threshold), "recovery: must be above the level, which is 10");
  threshold.recovery = 11;
  EXPECT_EQ(ProblemOf(threshold), "");
}

TEST(Monitors, ForecastsNeedAGuardAndATrend) {
  Forecast forecast{.value = ExprOf("free"), .of = ExprOf("size"), .guard = 0.4};
  EXPECT_EQ(ProblemOf(forecast), "");
  Monitor hasty = MonitorOf(forecast);
  hasty.wait = 10min;
  EXPECT_EQ(ProblemOf(hasty), "for: must be at least 30m, since the trend has to last as long");
  forecast.guard = 1;
  EXPECT_EQ(ProblemOf(forecast), "guard: must be between 0 and 100 %, and neither of them");
  forecast.of.reset();
  forecast.limit = 2;
  EXPECT_EQ(ProblemOf(forecast), "guard: must be above the limit");
  forecast.limit = 0;
  forecast.within = 13 * 24h;
  EXPECT_EQ(ProblemOf(forecast),
            "within: must be between 1h and 12d, since the trend is read from six hours");
}

TEST(Monitors, WindowsEndWithRetention) {
  const Anomaly robust{.value = ExprOf("x")};
  Anomaly seasonal = robust;
  seasonal.method = Anomaly::Method::kSeasonal;
  EXPECT_TRUE(Check(MonitorOf(robust), 2 * 24h));
  EXPECT_FALSE(Check(MonitorOf(robust), 12h));
  EXPECT_EQ(Check(MonitorOf(seasonal), 15 * 24h).error().message,
            "it reads 21d30m into the past, and series are kept for 15d");
  EXPECT_TRUE(Check(MonitorOf(seasonal), 22 * 24h));
}

TEST(Monitors, PeersHaveNames) {
  Outlier outlier{.value = ExprOf("x"), .among = {"job"}};
  EXPECT_EQ(ProblemOf(outlier), "by: is missing: nothing tells the peers apart");
  outlier.by = {"pod", "job"};
  EXPECT_EQ(ProblemOf(outlier), "by: \"job\" is given twice");
  outlier.by = {"policy_name"};
  EXPECT_EQ(ProblemOf(outlier), "by: \"policy_name\" is no label that series could have here");
  outlier.by = {"pod"};
  outlier.least_peers = 2;
  EXPECT_EQ(ProblemOf(outlier), "leastPeers: must be at least 3");
}

TEST(Monitors, ChangesAreSeenBeforeTheyAreThePast) {
  Change change{.value = ExprOf("x"), .by = 0.5};
  EXPECT_EQ(ProblemOf(change), "");
  change.over = 9min;
  EXPECT_EQ(ProblemOf(change), "over: must be at least twice `for`, and at most 7d");
  change.over = 1h;
  change.direction = Direction::kDown;
  change.by = 1;
  EXPECT_EQ(ProblemOf(change), "by: nothing falls by more than all of it");
  change.by = 0;
  EXPECT_EQ(ProblemOf(change), "by: must be more than 0");
}

TEST(Monitors, ConditionsCompare) {
  for (const char* good :
       {"x > 1", "(x > 1)", "x > 1 and y < 2", "sum by (a) (x > 1)", "absent(x)", "x unless y",
        "x == 1 or y == 2", "max_over_time(x[5m]) >= 1", "x * 2 > y"}) {
    EXPECT_EQ(ProblemOf(Condition{ExprOf(good)}), "") << good;
  }
  for (const char* bad : {"x", "x > bool 1", "x == 1 or y", "rate(x[5m])", "x + y", "-x"}) {
    EXPECT_EQ(ProblemOf(Condition{ExprOf(bad)}),
              "expr: compares nothing, so that it would always fire")
        << bad;
  }
}

TEST(Monitors, EveryRuleCarriesTheIdentityAndIsValid) {
  for (const testing::Scenario& scenario : testing::Scenarios()) {
    EXPECT_EQ(ProblemOf(scenario.monitor), "") << scenario.what;
    for (const Rule& rule : MakeGroup(scenario.monitor).rules) {
      EXPECT_EQ(rule.labels.at("policy_namespace"), "ns");
      EXPECT_EQ(rule.labels.at("policy_name"), "p");
      EXPECT_EQ(rule.labels.at("entry"), "e");
      const std::string text = promql::Print(rule.expr);
      const auto parsed = promql::Parse(text);
      ASSERT_TRUE(parsed) << text;
      EXPECT_EQ(promql::Print(*parsed), text);
    }
  }
}

// Alert labels cannot take the place of what tells policies apart.
TEST(Monitors, IdentityWins) {
  Monitor monitor = MonitorOf(Threshold{.value = ExprOf("x"), .level = 1});
  monitor.alert_labels = {{"policy_namespace", "other"}, {"severity", "critical"}};
  for (const Rule& rule : MakeGroup(monitor).rules) {
    EXPECT_EQ(rule.labels.at("policy_namespace"), "ns");
    if (rule.kind == Rule::Kind::kRecord) continue;
    EXPECT_EQ(rule.labels.at("severity"), "warning");
  }
}

// As docs/monitors shows them: without the identity's matchers, which stand in each selector.
TEST(Monitors, DocsShowTheFormulas) {
  std::set<std::string> seen;
  for (testing::Scenario scenario : testing::Scenarios()) {
    if (!seen.insert(scenario.kind).second || scenario.kind == "no data") continue;
    scenario.monitor.identity.clear();
    scenario.monitor.alert_labels.clear();
    std::string formulas;
    for (const Rule& rule : MakeGroup(scenario.monitor).rules) {
      if (rule.name == "MonitorNoData") continue;
      formulas += rule.name + ": " + promql::Print(rule.expr) + "\n";
    }
    const std::string page = testing::TextOfPage(testing::PageOf(scenario));
    EXPECT_NE(page.find("```\n" + formulas + "```\n"), std::string::npos) << scenario.kind << "\n"
                                                                          << formulas;
  }
}

}  // namespace
}  // namespace belvedere::config::monitors

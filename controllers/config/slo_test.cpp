#include "controllers/config/slo.h"

#include <gtest/gtest.h>

#include <limits>

#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/testing/slo_objectives.h"

namespace belvedere::config::slo {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::seconds kMonth = std::chrono::days(30);

TEST(Slo, TargetsAreReadExactly) {
  EXPECT_EQ(Target::Parse("99.9")->Budget(), 0.001);
  EXPECT_EQ(Target::Parse("99.95")->Budget(), 0.0005);
  EXPECT_EQ(Target::Parse("99.999999")->Budget(), 1e-8);
  EXPECT_EQ(Target::Parse("99")->Objective(), 0.99);
  for (const char* bad : {"0", "100", "100.0", "-1", "101", "99.", "99.9999999", "", "abc", "1e1",
                          "99,9", "+5", " 99", "0.0", ".5", "99.-1"}) {
    EXPECT_FALSE(Target::Parse(bad)) << bad;
  }
}

TEST(Slo, FactorsFollowTheWindow) {
  EXPECT_EQ(BurnFactor(Tier::kFast, kMonth), 14.4);
  EXPECT_EQ(BurnFactor(Tier::kMedium, kMonth), 6);
  EXPECT_EQ(BurnFactor(Tier::kSlow, kMonth), 3);
  EXPECT_EQ(BurnFactor(Tier::kLong, kMonth), 1);
  EXPECT_EQ(BurnFactor(Tier::kFast, std::chrono::days(28)), 13.44);
}

TEST(Slo, WaitingCostsAtMostATwentiethOfTheBudget) {
  const std::pair<const char*, std::chrono::minutes> cases[] = {
      {"99", 5min}, {"99.5", 5min}, {"99.9", 2min}, {"99.95", 1min}, {"99.99", 0min}};
  for (const auto& [target, wait] : cases) {
    EXPECT_EQ(WaitOf(*Target::Parse(target), kMonth), wait) << target;
  }
}

TEST(Slo, WhatCannotWorkIsRefused) {
  Objective objective = testing::Availability();
  EXPECT_TRUE(Check(objective, kMonth));
  EXPECT_FALSE(Check(objective, std::chrono::days(15)));

  objective.target = *Target::Parse("93");  // 14.4 * 0.07 is more than everything
  EXPECT_EQ(Check(objective, kMonth).error().message,
            "tiers: fast could never fire: it needs more bad requests than there are requests");
  objective.tiers = {Tier::kMedium};
  EXPECT_TRUE(Check(objective, kMonth));

  objective = testing::Availability();
  objective.window = std::chrono::days(7);
  EXPECT_EQ(Check(objective, kMonth).error().message,
            "tiers: slow would fire while the budget lasts for the whole window of 1w");
  objective.tiers = {Tier::kFast, Tier::kMedium};
  EXPECT_TRUE(Check(objective, kMonth));
  objective.tiers.clear();
  EXPECT_FALSE(Check(objective, kMonth));

  objective = testing::Availability();
  objective.by = {"slo"};
  EXPECT_FALSE(Check(objective, kMonth));
  objective.by = {"route"};
  EXPECT_TRUE(Check(objective, kMonth));
  std::get<Ratio>(objective.indicator).bad.range = 300;
  EXPECT_FALSE(Check(objective, kMonth));
}

TEST(Slo, ThresholdsAreEdges) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(CheckEdge(1, {0.5, 1, kInf}));
  EXPECT_EQ(CheckEdge(0.2, {10, 0.1, kInf, 0.5}).error().message,
            "threshold: 0.2 is no edge of a bucket; there are: 0.1, 0.5, 10, Inf");
}

std::string ExprOf(const std::vector<Group>& groups, std::string_view name) {
  for (const Group& group : groups) {
    for (const Rule& rule : group.rules) {
      if (rule.name == name) return promql::Print(rule.expr);
    }
  }
  return "";
}

TEST(Slo, FormulasAreThoseOfTheBook) {
  Objective objective = testing::Availability();
  objective.identity = {{"slo", "a"}};
  const std::vector<Group> groups = MakeGroups(objective);
  EXPECT_EQ(ExprOf(groups, "slo:errors:rate5m"),
            "sum(rate(http_requests_total{job=\"shop\", code=~\"5..\"}[5m])) or "
            "0 * sum(rate(http_requests_total{job=\"shop\"}[5m]))");
  EXPECT_EQ(ExprOf(groups, "slo:error_ratio:1h"),
            "slo:errors:rate1h{slo=\"a\"} / (slo:requests:rate1h{slo=\"a\"} > 0)");
  EXPECT_EQ(ExprOf(groups, "slo:error_ratio:6h"),
            "sum_over_time(slo:errors:rate5m{slo=\"a\"}[6h]) / "
            "(sum_over_time(slo:requests:rate5m{slo=\"a\"}[6h]) > 0)");
  EXPECT_EQ(ExprOf(groups, "SloBudgetBurn"),
            "slo:error_ratio:1h{slo=\"a\"} > 14.4 * 0.001 and slo:error_ratio:5m{slo=\"a\"} > "
            "14.4 * 0.001 and slo:errors:rate1h{slo=\"a\"} * 3600 >= 5");
}

TEST(Slo, WhatIsMadeIsPromql) {
  for (Objective objective : {testing::Availability(), testing::Classic(), testing::Native()}) {
    for (const std::vector<std::string>& by :
         {std::vector<std::string>{}, std::vector<std::string>{"route", "job"}}) {
      objective.by = by;
      for (const Group& group : MakeGroups(objective)) {
        for (const Rule& rule : group.rules) {
          const auto parsed = promql::Parse(promql::Print(rule.expr));
          ASSERT_TRUE(parsed) << promql::Print(rule.expr);
        }
      }
    }
  }
}

}  // namespace
}  // namespace belvedere::config::slo

#include "controllers/alertpolicy/activity.h"

#include <gtest/gtest.h>

namespace belvedere::alertpolicy {
namespace {

using State = Activity::State;

// As Prometheus' federation spells it.
std::string Series(const std::string& alert, const std::string& state, const std::string& entry,
                   const std::string& name, const std::string& ns) {
  return "policy_entry:ALERTS:count{alertname=\"" + alert + "\",alertstate=\"" + state +
         "\",entry=\"" + entry + "\",policy_name=\"" + name + "\",policy_namespace=\"" + ns +
         "\",cluster=\"c\",instance=\"\"}";
}

Activity Of(const std::string& entry, const std::vector<std::string>& series) {
  std::vector<runtime::Reading> readings{{.component = "prometheus", .pod = "prometheus-main-0"}};
  for (const std::string& one : series) readings[0].now[one] = 1;
  return Activities({.ns = "shop", .name = "p"}, readings).Of(entry);
}

TEST(Activities, AFaultCountsOnceItFires) {
  EXPECT_EQ(Of("a", {}).state, State::kQuiet);
  EXPECT_EQ(Of("a", {Series("MonitorThreshold", "pending", "a", "p", "shop")}).state,
            State::kQuiet);
  const Activity firing = Of("a", {Series("MonitorThreshold", "firing", "a", "p", "shop")});
  EXPECT_EQ(firing.state, State::kFiring);
  EXPECT_EQ(firing.alert, "MonitorThreshold: the value is beyond its level");
}

TEST(Activities, DataThatAreGoneCountAtOnceButLessThanAFault) {
  const std::string gone = Series("SloSeriesGone", "pending", "a", "p", "shop");
  EXPECT_EQ(Of("a", {gone}).state, State::kNoData);
  EXPECT_EQ(Of("a", {gone, Series("SloBudgetBurn", "firing", "a", "p", "shop")}).state,
            State::kFiring);
}

// As the rules of a silence record it.
std::string Silenced(const std::string& alert, const std::string& silence) {
  return "policy_entry:ALERTS:silenced{alertname=\"" + alert +
         "\",entry=\"a\",policy_name=\"p\",policy_namespace=\"shop\",silence=\"" + silence + "\"}";
}

Activity WithCounts(const runtime::Samples& series) {
  const std::vector<runtime::Reading> readings{
      {.component = "prometheus", .pod = "prometheus-main-0", .now = series}};
  return Activities({.ns = "shop", .name = "p"}, readings).Of("a");
}

TEST(Activities, AnEntryIsMutedWhereASilenceCoversAllThatFires) {
  const std::string burn = Series("SloBudgetBurn", "firing", "a", "p", "shop");
  const Activity muted = WithCounts({{burn, 2}, {Silenced("SloBudgetBurn", "move"), 2}});
  EXPECT_EQ(muted.state, State::kMuted);
  EXPECT_EQ(muted.alert, "SloBudgetBurn: the error budget burns too fast; silence move");
  EXPECT_EQ(WithCounts({{burn, 2}, {Silenced("SloBudgetBurn", "move"), 1}}).state, State::kFiring);
  // Two silences may cover the same one of the two.
  EXPECT_EQ(WithCounts({{burn, 2},
                        {Silenced("SloBudgetBurn", "move"), 1},
                        {Silenced("SloBudgetBurn", "test"), 1}})
                .state,
            State::kFiring);
  EXPECT_EQ(WithCounts({{Silenced("SloBudgetBurn", "move"), 2}}).state, State::kQuiet);
}

TEST(Activities, WhatIsMutedHidesNothingElse) {
  const Activity activity = WithCounts({{Series("SloBudgetBurn", "firing", "a", "p", "shop"), 1},
                                        {Silenced("SloBudgetBurn", "move"), 1},
                                        {Series("SloSeriesGone", "pending", "a", "p", "shop"), 1}});
  EXPECT_EQ(activity.state, State::kNoData);
}

TEST(Activities, AreNobodyElses) {
  EXPECT_EQ(Of("a", {Series("SloBudgetBurn", "firing", "b", "p", "shop"),
                     Series("SloBudgetBurn", "firing", "a", "p", "bank"),
                     Series("SloBudgetBurn", "firing", "a", "pp", "shop"),
                     Series("SloBudgetBurn", "firing", "x\\\",entry=\\\"a", "p", "shop")})
                .state,
            State::kQuiet);
}

}  // namespace
}  // namespace belvedere::alertpolicy

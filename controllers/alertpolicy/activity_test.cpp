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

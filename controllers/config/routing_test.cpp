#include "controllers/config/routing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controllers/config/routing_hours.h"
#include "controllers/config/testing/routing_models.h"
#include "controllers/config/yaml.h"

namespace belvedere::config::routing {
namespace {

using testing::PolicyOf;
using testing::Shop;
using testing::Slack;
using testing::Webhook;

TEST(Routing, StackWithoutReceiversHasTheConfigThatItAlwaysHad) {
  EXPECT_EQ(*ToYaml(*AlertmanagerConfig({.group_wait = std::chrono::seconds(30)})),
            R"(inhibit_rules:
  - equal:
      - namespace
      - alertname
    source_matchers:
      - "severity = critical"
    target_matchers:
      - "severity =~ warning|info"
  - equal:
      - namespace
      - alertname
    source_matchers:
      - "severity = warning"
    target_matchers:
      - "severity = info"
receivers:
  - name: nobody
route:
  group_by:
    - namespace
    - alertname
  group_interval: "5m"
  group_wait: "30s"
  receiver: nobody
  repeat_interval: "12h"
)");
}

TEST(Routing, OrderOfReceiversAndPoliciesMeansNothing) {
  Model model = Shop();
  const Json config = *AlertmanagerConfig(model);
  std::ranges::reverse(model.receivers);
  std::ranges::reverse(model.policies);
  EXPECT_EQ(*AlertmanagerConfig(model), config);
}

TEST(Routing, AllPoliciesTogetherAreAsLargeAsTheirSizesSay) {
  Model model = Shop();
  model.templates = "/etc/messages.tmpl";
  const std::size_t largest = ToYaml(*AlertmanagerConfig(model))->size();
  std::size_t sizes = 0;
  for (const Policy& policy : model.policies) sizes += SizeOf(policy);
  model.policies.clear();
  const std::size_t added = largest - ToYaml(*AlertmanagerConfig(model))->size();
  EXPECT_GE(sizes, added * 95 / 100);
  EXPECT_LE(sizes, added * 11 / 10);
}

TEST(Routing, TiersInhibitWithinOneObjectiveOnly) {
  Model model = Shop();
  model.policies[0].slo_labels = {"route"};
  const Json config = *AlertmanagerConfig(model);
  int tiers = 0;
  for (const Json& rule : config["inhibit_rules"]) {
    const std::string source = rule["source_matchers"].dump();
    const std::string target = rule["target_matchers"].dump();
    if (source.find("burn_tier") == std::string::npos) {
      // The stack's own inhibit nothing of a policy, nor do policies inhibit theirs.
      EXPECT_NE(source.find("policy_namespace=\\\"\\\""), std::string::npos) << source;
      EXPECT_NE(target.find("policy_namespace=\\\"\\\""), std::string::npos) << target;
      continue;
    }
    ++tiers;
    EXPECT_EQ(rule["equal"], Json({"entry", "policy_name", "policy_namespace", "route"}));
    // Labels that both lack would agree.
    EXPECT_NE(source.find("policy_namespace!=\\\"\\\""), std::string::npos) << source;
    EXPECT_NE(target.find("policy_name!=\\\"\\\""), std::string::npos) << target;
  }
  EXPECT_EQ(tiers, 3);
}

TEST(Routing, WhatCannotWorkIsRefusedWithItsField) {
  const std::vector<Receiver> receivers = Shop().receivers;
  const auto problem = [&](const Policy& policy) {
    const Status checked = Check(policy, receivers);
    return checked ? std::string() : checked.error().message;
  };
  Policy policy = PolicyOf("shop", "checkout");
  policy.targets = {{.to = "nothing"}};
  EXPECT_EQ(problem(policy), "notify[0].receiver: the stack has no receiver \"nothing\"");
  policy.targets = {{.to = "pager", .during = During::kBusinessHours}};
  EXPECT_EQ(problem(policy), "notify[0].during: the policy has no businessHours");
  policy.targets = {{.to = Slack("{{ .ExternalURL }}")}};
  EXPECT_EQ(problem(policy), "notify[0].slack.channel: holds {{");
  policy.targets.clear();
  policy.slo_labels = {"burn_tier"};
  EXPECT_EQ(problem(policy), "slos: by: \"burn_tier\" cannot tell objectives apart");
  policy.slo_labels.clear();
  policy.business_hours = Hours{.zone = "Mars/Base", .days = {"Monday"}, .from = "09:00"};
  EXPECT_EQ(
      problem(policy),
      "businessHours.timeZone: there is no time zone of that name; write one such as Asia/Seoul");

  Model model = Shop();
  model.fallback = "nothing";
  EXPECT_EQ(AlertmanagerConfig(model).error().message,
            "fallbackReceiver: there is no receiver \"nothing\"");
  model = Shop();
  model.policies.push_back(model.policies.front());
  EXPECT_FALSE(AlertmanagerConfig(model));
  model = Shop();
  model.receivers.push_back({.name = "nobody", .integrations = {Webhook("/secrets/url")}});
  EXPECT_FALSE(AlertmanagerConfig(model));
}

TEST(RoutingHours, AreReadStrictly) {
  const Hours good{.zone = "Asia/Seoul", .days = {"Monday-Friday"}, .from = "09:00", .to = "18:00"};
  EXPECT_TRUE(Check(good));
  for (const char* zone :
       {"", " ", "Asia", "Seoul", "asia/seoul", "Asia/Seoul Asia/Tokyo", "EST"}) {
    Hours hours = good;
    hours.zone = zone;
    EXPECT_FALSE(Check(hours)) << zone;
  }
  for (const char* days : {"", "monday", "Mon", "Monday-", "-Friday", "Monday-Friday-Sunday"}) {
    Hours hours = good;
    hours.days = {days};
    EXPECT_FALSE(Check(hours)) << days;
  }
  for (const char* time : {"", "9:00", "09:60", "25:00", "24:01", "09.00", "09:0a", "-9:00"}) {
    Hours hours = good;
    hours.from = time;
    EXPECT_FALSE(Check(hours)) << time;
    hours = good;
    hours.to = time;
    EXPECT_FALSE(Check(hours)) << time;
  }
}

TEST(RoutingHours, MayEndOnTheNextDay) {
  const Json interval = TimeInterval(
      "night", {.zone = "UTC", .days = {"Friday-Sunday"}, .from = "22:00", .to = "06:00"});
  EXPECT_EQ(interval["time_intervals"][0]["weekdays"], Json({"friday", "saturday", "sunday"}));
  EXPECT_EQ(interval["time_intervals"][0]["times"][0]["end_time"], "24:00");
  EXPECT_EQ(interval["time_intervals"][1]["weekdays"], Json({"monday", "saturday", "sunday"}));
  EXPECT_EQ(interval["time_intervals"][1]["times"][0]["start_time"], "00:00");
  EXPECT_EQ(interval["time_intervals"][1]["times"][0]["end_time"], "06:00");
}

}  // namespace
}  // namespace belvedere::config::routing

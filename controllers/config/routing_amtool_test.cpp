#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "controllers/config/routing.h"
#include "controllers/config/testing/routing_models.h"
#include "controllers/config/time_zones.h"
#include "controllers/config/yaml.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// What Alertmanager itself makes of our configs. hack/test names amtool in BELVEDERE_AMTOOL.
namespace belvedere::config::routing {
namespace {

namespace fs = std::filesystem;

class RoutingInAlertmanager : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* amtool = std::getenv("BELVEDERE_AMTOOL");
    if (amtool == nullptr) GTEST_SKIP() << "BELVEDERE_AMTOOL names no amtool";
    amtool_ = amtool;
    std::ofstream(dir_.path() / "messages.tmpl") << receivers::MessageTemplates();
  }

  std::string Templates() const { return (dir_.path() / "messages.tmpl").string(); }

  // Writes a config; its path.
  fs::path Write(const Model& model, const std::string& name) {
    const Result<Json> config = AlertmanagerConfig(model);
    EXPECT_TRUE(config) << config.error().message;
    fs::path path = dir_.path() / (name + ".yml");
    std::ofstream(path) << *ToYaml(*config);
    return path;
  }

  Ran Accepts(const std::string& files) {
    return RunCommand("cd " + dir_.path().string() + " && " + amtool_ + " check-config " + files);
  }

  // The receivers that an alert with these labels reaches.
  std::string Reached(const fs::path& config, const std::string& labels) {
    const Ran ran =
        RunCommand(amtool_ + " config routes test --config.file=" + config.string() + " " + labels);
    EXPECT_EQ(ran.status, 0) << ran.output;
    return ran.output.substr(0, ran.output.find('\n'));
  }

  TemporaryDir dir_;
  std::string amtool_;
};

TEST_F(RoutingInAlertmanager, EveryKindOfReceiverIsAccepted) {
  Model model{.templates = Templates()};
  for (const receivers::Kind& kind : receivers::Kinds()) {
    std::size_t choices = 0;
    for (const receivers::Field& field : kind.fields) {
      choices += field.need == receivers::Field::Need::kOneOf ? 1 : 0;
    }
    for (std::size_t choice = 0; choice < std::max<std::size_t>(choices, 1); ++choice) {
      model.receivers.push_back({.name = std::string(kind.name) + "-" + std::to_string(choice),
                                 .integrations = {testing::Complete(kind, choice)}});
      EXPECT_TRUE(Check(model.receivers.back())) << Check(model.receivers.back()).error().message;
    }
  }
  EXPECT_EQ(receivers::Kinds().size(), 17U);
  Write(model, "all");
  const Ran ran = Accepts("all.yml");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST_F(RoutingInAlertmanager, MessagesSayWhatItIsAndWhatToDo) {
  const fs::path data = dir_.path() / "data.json";
  std::ofstream(data) << Json{
      {"status", "firing"},
      {"alerts", Json::array({{{"status", "firing"},
                               {"labels", {{"owner", "team"}, {"cluster", "prod"}}},
                               {"annotations",
                                {{"summary", "Queue is long"},
                                 {"value", "1234"},
                                 {"runbook_url", "https://runbooks.example/queue"}}}}})},
      {"commonLabels", {{"policy_name", "shop"}, {"entry", "queue"}, {"severity", "critical"}}},
      {"commonAnnotations", {{"summary", "Queue is long"}}}};
  const std::map<std::string, std::string> messages{
      {"title", "[FIRING 1] shop/queue: Queue is long"},
      {"text",
       "FIRING: Queue is long\nvalue: 1234\nowner: team\ncluster: prod\n"
       "runbook: https://runbooks.example/queue\n"},
      {"severity", "critical"},
      {"priority", "P1"}};
  for (const auto& [name, text] : messages) {
    EXPECT_EQ(RunCommand(amtool_ + " template render --template.glob=" + Templates() +
                         " --template.data=" + data.string() +
                         " --template.text='{{ template \"belvedere." + name + "\" . }}'")
                  .output,
              text);
  }
}

TEST_F(RoutingInAlertmanager, EveryConfigThatIsMadeIsAccepted) {
  constexpr int kModels = 2000;
  std::mt19937 random(5);
  std::size_t policies = 0;
  std::size_t receivers = 0;
  for (int i = 0; i < kModels; ++i) {
    Model model = testing::RandomModel(random);
    if (i % 2 == 0) model.templates = Templates();
    policies += model.policies.size();
    receivers += model.receivers.size();
    Write(model, "random-" + std::to_string(i));
  }
  // amtool fails if it refuses one of them.
  const Ran ran = Accepts("random-*.yml");
  ASSERT_EQ(ran.status, 0) << ran.output.substr(ran.output.find("FAILED"), 2000);
  std::cout << kModels << " configs with " << receivers << " receivers and " << policies
            << " policies: all accepted\n";
  EXPECT_GT(policies, 1000U);
}

TEST_F(RoutingInAlertmanager, KnowsEveryTimeZone) {
  Model model;
  for (const std::string_view zone : TimeZones()) {
    Policy policy = testing::PolicyOf("ns", "p" + std::to_string(model.policies.size()));
    policy.targets = {{.to = testing::Slack("#x"), .during = During::kBusinessHours}};
    policy.business_hours =
        Hours{.zone = std::string(zone), .days = {"Monday-Friday"}, .from = "22:00", .to = "06:00"};
    model.policies.push_back(policy);
  }
  EXPECT_GT(model.policies.size(), 400U);
  Write(model, "zones");
  const Ran ran = Accepts("zones.yml");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST_F(RoutingInAlertmanager, AlertsReachTheirOwnersAndNobodyElse) {
  const fs::path config = Write(testing::Shop(), "shop");
  const std::map<std::string, std::string> reached{
      // The same entry and severity, in two namespaces.
      {"policy_namespace=shop policy_name=checkout entry=a severity=critical", "pager"},
      {"policy_namespace=shop policy_name=checkout entry=a severity=warning", "shop/checkout/1"},
      {"policy_namespace=bank policy_name=checkout entry=a severity=warning", "bank/checkout/1"},
      // Two targets of one severity.
      {"policy_namespace=monitoring policy_name=platform severity=critical",
       "pager,monitoring/platform/1"},
      {"policy_namespace=monitoring policy_name=platform severity=warning",
       "monitoring/platform/2"},
      // Nobody of the policy wants tickets.
      {"policy_namespace=shop policy_name=only-pages severity=warning", "platform-slack"},
      // Policies that are gone, or were never there.
      {"policy_namespace=shop policy_name=gone severity=critical", "platform-slack"},
      {"policy_namespace=bank policy_name=only-pages severity=critical", "platform-slack"},
      {"policy_namespace=shop severity=critical", "platform-slack"},
      {"policy_namespace=shop policy_name=checkout severity=other", "platform-slack"},
      // Labels of the service's own series decide nothing.
      {"policy_namespace=shop policy_name=checkout severity=warning namespace=bank",
       "shop/checkout/1"},
      {"policy_namespace=shop policy_name=checkout severity=warning alertname=Watchdog",
       "shop/checkout/1"},
      {"policy_name=checkout severity=warning", "platform-slack"},
      {"namespace=shop severity=warning", "platform-slack"},
      {"namespace=shop severity=critical alertname=NodeDown", "platform-slack"},
      {"namespace=shop severity=info alertname=CPUThrottled", "nobody"},
      {"alertname=Watchdog severity=none", "dead-man"},
  };
  for (const auto& [labels, receivers] : reached) {
    EXPECT_EQ(Reached(config, labels), receivers) << labels;
  }
}

// Whatever the labels of an alert: what it reaches is its own policy's, or the stack's fallback.
TEST_F(RoutingInAlertmanager, NoForgedLabelLeadsToAnother) {
  const fs::path config = Write(testing::Shop(), "forged");
  std::mt19937 random(7);
  const std::vector<std::pair<std::string, std::vector<std::string>>> labels{
      {"entry", {"a", "checkout"}},    {"severity", {"critical", "warning", "info", "none"}},
      {"namespace", {"shop", "bank"}}, {"alertname", {"Watchdog", "SloBudgetBurn"}},
      {"burn_tier", {"fast", "long"}}, {"receiver", {"bank/checkout/1"}},
  };
  for (int i = 0; i < 60; ++i) {
    std::string alert = "policy_namespace=shop policy_name=checkout";
    for (const auto& [label, values] : labels) {
      if (random() % 2 == 0) alert += " " + label + "=" + values[random() % values.size()];
    }
    const std::string receivers = Reached(config, alert);
    EXPECT_TRUE(receivers == "pager" || receivers == "shop/checkout/1" ||
                receivers == "platform-slack" || receivers == "nobody")
        << alert << " reaches " << receivers;
  }
}

TEST_F(RoutingInAlertmanager, ManyPoliciesFitIntoOneConfigMap) {
  Model model = testing::Shop();
  for (int i = 0; i < 2000; ++i) {
    Policy policy = testing::PolicyOf("ns" + std::to_string(i % 100), "p" + std::to_string(i));
    policy.targets = {{.severity = Severity::kPage, .to = "pager"},
                      {.severity = Severity::kTicket, .to = "platform-slack"}};
    model.policies.push_back(std::move(policy));
  }
  const fs::path path = Write(model, "many");
  std::cout << "2000 policies: " << fs::file_size(path) << " bytes\n";
  EXPECT_LT(fs::file_size(path), 900U * 1024);
  EXPECT_EQ(Accepts("many.yml").status, 0);
}

}  // namespace
}  // namespace belvedere::config::routing

#include "controllers/config/rules.h"

#include <gtest/gtest.h>

#include <set>

#include "controllers/config/yaml.h"

namespace belvedere::config {
namespace {

using monitoringstack::AutoState;
using monitoringstack::State;
using monitoringstack::Targets;

std::set<std::string> Names(const Targets& targets) {
  std::set<std::string> names;
  for (const auto& [name, text] : RuleFiles(targets)) names.insert(name);
  return names;
}

TEST(RuleFiles, FollowTheTargetsThatAreScraped) {
  Targets targets;
  targets.control_plane = AutoState::kEnabled;
  // All but those of the log store.
  EXPECT_EQ(Names(targets).size(), EmbeddedRuleFiles().size() - 1);
  const std::set<std::string> all = Names({});
  EXPECT_EQ(all.size(), EmbeddedRuleFiles().size() - 2);
  targets.nodes = State::kDisabled;
  targets.control_plane = AutoState::kDisabled;
  std::set<std::string> expected = all;
  expected.erase("node.yaml");
  expected.erase("kubernetes-control-plane.yaml");
  EXPECT_EQ(Names(targets), expected);
  targets.containers = targets.annotations = targets.objects = State::kDisabled;
  EXPECT_EQ(Names(targets), (std::set<std::string>{"log-flow.yaml", "meta.yaml", "policies.yaml"}));
}

TEST(RuleFiles, HoldThoseOfTheLogStoreWhereThereIsOne) {
  EXPECT_FALSE(RuleFiles({}).contains("log-store.yaml"));
  EXPECT_TRUE(RuleFiles({}, monitoringstack::LogStore::kLoki).contains("log-store.yaml"));
}

TEST(RuleFiles, GiveEachAlertAllThatAPersonNeeds) {
  std::set<std::string> names;
  Targets targets;
  targets.control_plane = AutoState::kEnabled;
  for (const auto& [file, text] : RuleFiles(targets, monitoringstack::LogStore::kLoki)) {
    const Result<Json> rules = ParseYaml(text);
    ASSERT_TRUE(rules.has_value()) << file;
    for (const Json& group : rules->at("groups")) {
      for (const Json& rule : group.at("rules")) {
        if (!rule.contains("alert")) continue;
        const auto name = rule.at("alert").get<std::string>();
        EXPECT_TRUE(names.insert(name).second) << name << " stands twice";
        EXPECT_EQ(rule.at("annotations").at("runbook_url"), std::string(kRunbookBase) + name);
      }
    }
  }
  EXPECT_TRUE(names.contains("Watchdog"));
  EXPECT_TRUE(names.contains("TargetDown"));
  EXPECT_GT(names.size(), 50U);
}

std::string Alert(const std::string& labels, const std::string& annotations) {
  return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {" + labels +
         "}\n    annotations: {" + annotations + "}\n";
}

TEST(CompleteRules, RefusesAnAlertThatSaysTooLittle) {
  EXPECT_TRUE(CompleteRules(Alert("severity: info", "summary: s, description: d")).has_value());
  for (const std::string& bad :
       {Alert("", "summary: s, description: d"),
        Alert("severity: bad", "summary: s, description: d"), Alert("severity: info", "summary: s"),
        Alert("severity: info", "description: d"), std::string("groups: {}"),
        std::string("a: [")}) {
    const Result<std::string> done = CompleteRules(bad);
    EXPECT_FALSE(done.has_value()) << bad;
  }
}

}  // namespace
}  // namespace belvedere::config

#include "controllers/config/dashboards/dashboards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "controllers/config/rules.h"
#include "controllers/config/slo.h"
#include "controllers/config/yaml.h"

namespace belvedere::config {
namespace {

namespace fs = std::filesystem;
using dashboards::Dashboard;
using dashboards::Panel;
using dashboards::Source;
using monitoringstack::AutoState;
using monitoringstack::LogStore;
using monitoringstack::State;
using monitoringstack::Targets;
using ::testing::ElementsAre;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// People link to these; to change one breaks their links.
TEST(Dashboards, KeepTheirUids) {
  EXPECT_THAT(
      DashboardsOf({}, LogStore::kLoki),
      ElementsAre("belvedere-cluster", "belvedere-nodes", "belvedere-workloads",
                  "belvedere-applications", "belvedere-control-plane", "belvedere-prometheus",
                  "belvedere-alertmanager", "belvedere-operator", "belvedere-slos",
                  "belvedere-alert-quality", "belvedere-log-flow", "belvedere-logs"));
}

TEST(Dashboards, FollowWhatIsScrapedAndStored) {
  Targets none;
  none.nodes = none.containers = none.annotations = none.objects = State::kDisabled;
  none.control_plane = AutoState::kDisabled;
  EXPECT_THAT(DashboardsOf(none, LogStore::kNone),
              ElementsAre("belvedere-cluster", "belvedere-prometheus", "belvedere-alertmanager",
                          "belvedere-slos", "belvedere-alert-quality", "belvedere-log-flow"));
  EXPECT_EQ(DashboardsOf({}, LogStore::kNone).size() + 1, Dashboards().size());
}

// manifests/dashboards holds what a stack gets, for people without a stack.
// BELVEDERE_UPDATE_GOLDEN=1 writes it anew.
TEST(Dashboards, AreTheFilesOfTheInstall) {
  const fs::path folder =
      fs::path(__FILE__).parent_path() / ".." / ".." / ".." / "manifests" / "dashboards";
  if (std::getenv("BELVEDERE_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(folder);
    for (const Dashboard& dashboard : Dashboards()) {
      std::ofstream(folder / FileNameOf(dashboard)) << FileTextOf(dashboard);
    }
  }
  std::set<std::string> there;
  for (const auto& entry : fs::directory_iterator(folder)) there.insert(entry.path().filename());
  EXPECT_EQ(there.size(), Dashboards().size());
  for (const Dashboard& dashboard : Dashboards()) {
    EXPECT_EQ(ReadAll(folder / FileNameOf(dashboard)), FileTextOf(dashboard)) << dashboard.uid;
  }
}

TEST(Dashboards, PutPanelsBesideEachOther) {
  for (const Dashboard& dashboard : Dashboards()) {
    const Json made = ToJson(dashboard);
    std::set<int> ids;
    std::set<std::pair<int, int>> taken;
    for (const Json& panel : made["panels"]) {
      EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
      const Json& place = panel["gridPos"];
      for (int x = place["x"]; x < place["x"].get<int>() + place["w"].get<int>(); ++x) {
        EXPECT_LT(x, 24);
        for (int y = place["y"]; y < place["y"].get<int>() + place["h"].get<int>(); ++y) {
          EXPECT_TRUE(taken.insert({x, y}).second) << dashboard.uid << " " << panel["title"];
        }
      }
    }
  }
}

// A metric in a query, and the matchers beside it.
struct Use {
  std::string metric;
  std::string matchers;
};

// The metrics of a query: names that no bracket follows and that are no word of the language.
std::vector<Use> UsesOf(std::string expr) {
  static const std::regex kLists(
      "\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
  static const std::regex kDurations("\\[[^\\]]*\\]");
  static const std::regex kName("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\{[^}]*\\}|\\()?");
  static const std::set<std::string> kWords{"and", "or", "unless", "bool", "offset"};
  expr = std::regex_replace(std::regex_replace(expr, kLists, " "), kDurations, " ");
  std::vector<Use> uses;
  for (std::sregex_iterator at(expr.begin(), expr.end(), kName), end; at != end; ++at) {
    if ((*at)[2].str() != "(" && !kWords.contains((*at)[1])) uses.push_back({(*at)[1], (*at)[2]});
  }
  return uses;
}

// "job metric" of all that a real stack's Prometheus held; see e2e/dashboard_metrics.py.
const std::set<std::string>& Scraped() {
  static const std::set<std::string> kLines = [] {
    std::istringstream text(ReadAll(fs::path(__FILE__).parent_path() / "testdata/metrics.txt"));
    std::set<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.insert(line);
    return lines;
  }();
  return kLines;
}

std::set<std::string> Recorded() {
  std::set<std::string> names{"ALERTS", "ALERTS_FOR_STATE", "up"};
  const slo::Objective objective{.target = slo::Target::Parse("99.9").value(),
                                 .indicator = slo::Ratio()};
  for (const slo::Group& group : slo::MakeGroups(objective)) {
    for (const slo::Rule& rule : group.rules) names.insert(rule.name);
  }
  for (const auto& [name, text] : RuleFiles({}, LogStore::kLoki)) {
    const Json file = ParseYaml(text).value();
    for (const Json& group : file["groups"]) {
      for (const Json& rule : group["rules"]) {
        if (rule.contains("record")) names.insert(rule["record"]);
      }
    }
  }
  return names;
}

// The jobs that the matchers of a metric let through, as a pattern.
std::string JobsOf(const std::string& matchers) {
  static const std::regex kJob("job=~?\"([^\"]*)\"");
  std::smatch found;
  if (std::regex_search(matchers, found, kJob)) return found[1];
  // The operator is annotated, and nothing else of its namespace.
  return matchers.find("namespace=\"belvedere-system\"") == std::string::npos ? ".+"
                                                                              : "annotated-.+";
}

bool IsScraped(const Use& use) {
  const std::regex line(JobsOf(use.matchers) + " " + use.metric);
  return std::ranges::any_of(
      Scraped(), [&line](const std::string& scraped) { return std::regex_match(scraped, line); });
}

TEST(Dashboards, AskOnlyForWhatIsScrapedOrRecorded) {
  const std::set<std::string> recorded = Recorded();
  int uses = 0;
  for (const Dashboard& dashboard : Dashboards()) {
    for (const auto& row : dashboard.rows) {
      for (const Panel& panel : row.panels) {
        if (panel.source != Source::kPrometheus) continue;
        for (const auto& query : panel.queries) {
          const std::vector<Use> found = UsesOf(std::string(query.expr));
          EXPECT_FALSE(found.empty()) << query.expr;
          for (const Use& use : found) {
            ++uses;
            EXPECT_TRUE(recorded.contains(use.metric) || IsScraped(use))
                << dashboard.title << ": " << panel.title << ": " << use.metric << use.matchers;
          }
        }
      }
    }
    for (const auto& variable : dashboard.variables) {
      if (variable.source != Source::kPrometheus) continue;
      const Use use = UsesOf(std::string(variable.metric)).at(0);
      EXPECT_TRUE(recorded.contains(use.metric) || IsScraped(use)) << use.metric;
    }
  }
  EXPECT_GT(uses, 100);
}

TEST(Dashboards, UseOnlyVariablesThatTheyHave) {
  static const std::regex kVariable("\\$([a-z_]+)");
  for (const Dashboard& dashboard : Dashboards()) {
    std::set<std::string> known{"__auto"};
    for (const auto& variable : dashboard.variables) known.emplace(variable.name);
    for (const auto& box : dashboard.text_boxes) known.emplace(box.name);
    const std::string text = Dump(ToJson(dashboard)["panels"]);
    for (std::sregex_iterator at(text.begin(), text.end(), kVariable), end; at != end; ++at) {
      EXPECT_TRUE(known.contains((*at)[1])) << dashboard.title << " " << (*at)[0];
    }
  }
}

}  // namespace
}  // namespace belvedere::config

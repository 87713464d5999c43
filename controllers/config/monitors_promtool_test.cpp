#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <regex>

#include "controllers/config/monitors.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/testing/monitor_scenarios.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// How soon each kind of monitor finds a fault on made series, and what it finds where there is
// none: promtool computes, we measure. hack/test names promtool in BELVEDERE_PROMTOOL.
namespace belvedere::config::monitors {
namespace {

using testing::Scenario;

// When alerts fired, in minutes; none: they did not.
struct Fired {
  std::optional<int> first;
  std::optional<int> last;
};

std::string ValuesOf(const testing::Series& series, const Scenario& scenario) {
  std::string text;
  for (int minute = 0; minute <= scenario.minutes; minute += scenario.step) {
    const std::optional<double> value = series.at(minute);
    text += (minute == 0 ? "" : " ") + (value ? promql::FormatNumber(*value) : "_");
  }
  return text;
}

Json TestFile(const Scenario& scenario) {
  Json series = Json::array();
  for (const testing::Series& one : scenario.series) {
    series.push_back({{"series", one.name}, {"values", ValuesOf(one, scenario)}});
  }
  const std::string end = std::to_string(scenario.minutes) + "m";
  const std::string watched = std::to_string(scenario.minutes - scenario.watched_from) + "m";
  const std::string step = std::to_string(scenario.step) + "m";
  Json asked = Json::array();
  for (const std::string what : {"min", "max"}) {
    // Nothing is expected, so that promtool says what there is.
    asked.push_back(
        {{"expr", "label_replace(" + what + "(" + what +
                      "_over_time(timestamp(ALERTS{alertstate=\"firing\", policy_name=\"p\", "
                      "policy_namespace=\"ns\", entry=\"e\", " +
                      scenario.alerts + "})[" + watched + ":" + step + "])), \"what\", \"" + what +
                      "\", \"\", \"\")"},
         {"eval_time", end}});
  }
  return {
      {"evaluation_interval", step},
      {"tests",
       Json::array({{{"interval", step}, {"input_series", series}, {"promql_expr_test", asked}}})}};
}

std::optional<int> Found(const std::string& output, const std::string& what) {
  std::smatch match;
  const std::regex pattern("\\{what=\"" + what + "\"\\} ([0-9.E+]+)");
  if (!std::regex_search(output, match, pattern)) return std::nullopt;
  return static_cast<int>(std::stod(match[1]) / 60);
}

// One program for several, because starting it costs more than most scenarios.
std::vector<Fired> Play(const std::vector<Scenario>& scenarios, const std::string& promtool) {
  const TemporaryDir dir;
  std::string rules;
  std::string tests;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const std::string number = std::to_string(i);
    // JSON is YAML.
    std::ofstream(dir.path() / ("rules" + number))
        << ToRuleFile({MakeGroup(scenarios[i].monitor)}).dump();
    Json test = TestFile(scenarios[i]);
    test["rule_files"] = {"rules" + number};
    std::ofstream(dir.path() / ("test" + number)) << test.dump();
    rules += " rules" + number;
    tests += " test" + number;
  }
  const std::string run = "cd " + dir.path().string() + " && " + promtool;
  const Ran checked = RunCommand(run + " check rules --lint=all --lint-fatal" + rules);
  EXPECT_EQ(checked.status, 0) << checked.output;
  const std::string output = RunCommand(run + " test rules" + tests).output;
  // One part for each test, which begins with how it went.
  const std::regex result("  (SUCCESS|FAILED:)\n");
  std::vector<Fired> all;
  for (std::sregex_iterator part(output.begin(), output.end(), result), end; part != end;) {
    const bool silent = (*part)[1] == "SUCCESS";
    const auto begin = static_cast<std::size_t>(part->position());
    ++part;
    const auto next = part == end ? output.size() : static_cast<std::size_t>(part->position());
    const std::string text = output.substr(begin, next - begin);
    all.push_back({Found(text, "min"), Found(text, "max")});
    EXPECT_EQ(silent, !all.back().first) << text;
  }
  EXPECT_EQ(all.size(), scenarios.size()) << output;
  all.resize(scenarios.size());
  return all;
}

std::string Row(const Scenario& scenario, const Fired& fired) {
  const auto minutes = [](int count) { return std::to_string(count) + " min"; };
  std::string found = "";
  std::string ended = "";
  int false_alarms = 0;
  if (scenario.fault) {
    EXPECT_TRUE(fired.first) << scenario.kind << ": " << scenario.what;
    if (fired.first && *fired.first < scenario.fault->from) ++false_alarms;
    found = fired.first ? minutes(*fired.first - scenario.fault->from) : "never";
    const bool ends = fired.last && *fired.last < scenario.minutes;
    ended = ends ? minutes(*fired.last + scenario.step - scenario.fault->until) : "";
  } else if (fired.first) {
    ++false_alarms;
  }
  EXPECT_EQ(false_alarms, 0) << scenario.kind << ": " << scenario.what << ", from minute "
                             << *fired.first << " to " << *fired.last;
  return "| " + scenario.kind + " | " + scenario.what + " | " + (scenario.fault ? "yes" : "no") +
         " | " + found + " | " + ended + " | " + std::to_string(false_alarms) + " |\n";
}

TEST(MonitorsOnSeries, FindFaultsAndNothingElse) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  std::vector<std::vector<Scenario>> kinds;
  for (Scenario& scenario : testing::Scenarios()) {
    if (kinds.empty() || kinds.back().front().kind != scenario.kind) kinds.emplace_back();
    kinds.back().push_back(std::move(scenario));
  }
  std::vector<std::future<std::vector<Fired>>> playing;
  for (const std::vector<Scenario>& kind : kinds) {
    playing.push_back(
        std::async(std::launch::async, [&kind, promtool] { return Play(kind, promtool); }));
  }
  std::map<std::string, std::string> tables;  // by page
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::vector<Fired> fired = playing[i].get();
    std::string& table = tables[testing::PageOf(kinds[i].front())];
    if (table.empty()) {
      table =
          "| Kind | Made series | Fault | Found after | Ended after | False alarms |\n"
          "|---|---|---|---|---|---|\n";
    }
    for (std::size_t j = 0; j < fired.size(); ++j) table += Row(kinds[i][j], fired[j]);
  }
  for (const auto& [page, table] : tables) {
    std::cout << table;
    EXPECT_NE(testing::TextOfPage(page).find(table), std::string::npos)
        << "docs/monitors/" << page << " holds another table than the one above";
  }
}

TEST(MonitorsOnSeries, LabelsCannotBeForged) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  Scenario forged{.kind = "threshold",
                  .what = "series that say that they are of another policy",
                  .monitor = testing::MonitorOf(
                      Threshold{.value = testing::ExprOf("value"), .level = 1, .recovery = 0.5}),
                  .series = {{"value{policy_namespace=\"other\", policy_name=\"x\", entry=\"y\", "
                              "severity=\"critical\", owner=\"them\"}",
                              [](int) { return 5; }}},
                  .minutes = 60};
  EXPECT_EQ(Play({forged}, promtool).front().first, 5);
}

}  // namespace
}  // namespace belvedere::config::monitors

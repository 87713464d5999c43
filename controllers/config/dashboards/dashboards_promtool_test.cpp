#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "controllers/config/dashboards/dashboards.h"
#include "controllers/config/yaml.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

namespace belvedere::config {
namespace {

// `$variable` of Grafana as a value.
std::string WithValues(std::string expr) {
  std::erase(expr, '$');
  return expr;
}

Json QueriesOfAll() {
  Json rules = Json::array();
  for (const dashboards::Dashboard& dashboard : Dashboards()) {
    for (const auto& row : dashboard.rows) {
      for (const auto& panel : row.panels) {
        if (panel.source != dashboards::Source::kPrometheus) continue;
        for (const auto& query : panel.queries) {
          const std::string name = "query:" + std::to_string(rules.size());
          rules.push_back({{"record", name}, {"expr", WithValues(std::string(query.expr))}});
        }
      }
    }
  }
  return rules;
}

TEST(Dashboards, HoldQueriesThatPromtoolAccepts) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  Json group = {{"name", "queries"}, {"rules", QueriesOfAll()}};
  ASSERT_GT(group["rules"].size(), 100U);
  Json file = Json::object();
  file["groups"].push_back(std::move(group));
  const TemporaryDir folder;
  const std::string path = (folder.path() / "queries.yaml").string();
  std::ofstream(path) << ToYaml(file).value();
  const Ran ran = RunCommand(std::string(promtool) + " check rules --lint=none " + path);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace belvedere::config

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "controllers/config/promql/literals.h"
#include "controllers/config/slo.h"
#include "controllers/config/testing/slo_objectives.h"
#include "controllers/config/yaml.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// What Prometheus makes of the rules on made series, with and without the fault: promtool computes,
// we say what it has to find. hack/test names promtool in BELVEDERE_PROMTOOL.
namespace belvedere::config::slo {
namespace {

namespace fs = std::filesystem;

struct Series {
  std::string name;
  std::string values;  // one a minute, as promtool writes them
};

struct Expectation {
  std::string at;
  std::string expr;
  std::map<std::string, double> samples;  // by labels
};

struct Scenario {
  const char* name;
  Objective objective;
  std::vector<Series> series;
  std::vector<Expectation> expectations;
};

// Which alerts fire.
Expectation Fires(std::string at, const std::vector<std::string>& alerts) {
  Expectation expectation{
      .at = std::move(at),
      .expr = "group by (alertname, burn_tier) (ALERTS{alertstate=\"firing\"})"};
  for (const std::string& alert : alerts) {
    const bool tier = alert.starts_with("burn ");
    expectation.samples["{alertname=\"" + (tier ? "SloBudgetBurn" : alert) + "\"" +
                        (tier ? ", burn_tier=\"" + alert.substr(5) + "\"}" : "}")] = 1;
  }
  return expectation;
}

// That an alert fires, whatever others do: promtool's groups have no order among them, so that an
// alert that reads the other group may be a step later.
Expectation Contains(std::string at, const std::string& matcher) {
  return {.at = std::move(at),
          .expr = "count(ALERTS{alertstate=\"firing\", " + matcher + "})",
          .samples = {{"{}", 1}}};
}

// Computers do not divide exactly.
Expectation Is(std::string at, const std::string& series, double value) {
  return {
      .at = std::move(at),
      .expr = "max by () (abs(" + series + " - " + promql::FormatNumber(value) + ") < bool 1e-9)",
      .samples = {{"{}", 1}}};
}

Expectation Nothing(std::string at, std::string expr) {
  return {.at = std::move(at), .expr = std::move(expr)};
}

Json TestFile(const Scenario& scenario) {
  Json series = Json::array();
  for (const Series& one : scenario.series) {
    series.push_back({{"series", one.name}, {"values", one.values}});
  }
  Json asked = Json::array();
  for (const Expectation& expectation : scenario.expectations) {
    Json samples = Json::array();
    for (const auto& [labels, value] : expectation.samples) {
      samples.push_back({{"labels", labels}, {"value", value}});
    }
    asked.push_back(
        {{"expr", expectation.expr}, {"eval_time", expectation.at}, {"exp_samples", samples}});
  }
  return {
      {"rule_files", {"rules.yaml"}},
      {"evaluation_interval", "1m"},
      {"fuzzy_compare", true},
      {"tests",
       Json::array({{{"interval", "1m"}, {"input_series", series}, {"promql_expr_test", asked}}})}};
}

void Write(const fs::path& path, const Json& content) {
  const Result<std::string> yaml = ToYaml(content);
  ASSERT_TRUE(yaml);
  std::ofstream(path) << *yaml;
}

void Play(const Scenario& scenario) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  const TemporaryDir dir;
  const fs::path rules = dir.path() / "rules.yaml";
  const fs::path test = dir.path() / "test.yaml";
  Write(rules, ToRuleFile(MakeGroups(scenario.objective)));
  Write(test, TestFile(scenario));
  const std::string tool(promtool);
  const Ran checked = RunCommand(tool + " check rules --lint=all --lint-fatal " + rules.string());
  EXPECT_EQ(checked.status, 0) << scenario.name << "\n" << checked.output;
  const Ran tested = RunCommand(tool + " test rules " + test.string());
  EXPECT_EQ(tested.status, 0) << scenario.name << "\n" << tested.output;
}

Objective With(Objective objective, double least_bad) {
  objective.least_bad = least_bad;
  return objective;
}

const Series kUp{.name = "up{job=\"shop\", instance=\"a\"}", .values = "1x300"};

Series Good(std::string values) {
  return {.name = "http_requests_total{job=\"shop\", code=\"200\"}", .values = std::move(values)};
}
Series Errors(std::string values) {
  return {.name = "http_requests_total{job=\"shop\", code=\"500\"}", .values = std::move(values)};
}

TEST(SloOnSeries, HealthyServiceIsSilentThoughItHasNoSeriesOfErrors) {
  Play({.name = "healthy",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+60x120")},
        .expectations = {Fires("2h", {}), Is("2h", "slo:error_ratio:5m", 0),
                         Is("2h", "slo:error_ratio:6h", 0),
                         Is("2h", "slo:error_budget:remaining", 1), Is("2h", "slo:idle:bool", 0),
                         Is("2h", "slo:objective:ratio", 0.999)}});
}

TEST(SloOnSeries, OutageIsSeenWithinMinutesAndEndsSoonAfterIt) {
  Play({.name = "outage",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+60x120 7200x20 7200+60x100"), Errors("0x120 0+60x20 1200x100")},
        .expectations = {
            Fires("2h", {}), Fires("2h1m", {}),
            // the short window is full of errors after a minute; 2 minutes of waiting
            Contains("2h5m", "burn_tier=\"fast\""),
            Fires("2h10m", {"burn fast", "burn long", "burn medium", "burn slow"}),
            Fires("2h33m", {"SloBudgetExhausted", "burn long", "burn medium", "burn slow"}),
            Fires("4h", {"SloBudgetExhausted", "burn long", "burn slow"})}});
}

TEST(SloOnSeries, FivePercentOfErrorsPage) {
  Play({.name = "five percent",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+600x60 36000+570x60"), Errors("0x60 0+30x60")},
        .expectations = {Fires("1h", {}),
                         Fires("1h30m", {"SloBudgetExhausted", "burn fast", "burn long",
                                         "burn medium", "burn slow"})}});
}

TEST(SloOnSeries, SustainableErrorsAreSilent) {
  Play({.name = "sustainable",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+9992x120"), Errors("0+8x120")},
        .expectations = {Fires("2h", {}), Is("2h", "slo:burn_rate:5m", 0.8)}});
}

TEST(SloOnSeries, SlowBurnIsATicket) {
  Play({.name = "slow burn",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+9960x180"), Errors("0+40x180")},
        .expectations = {Fires("3h", {"SloBudgetExhausted", "burn long", "burn slow"})}});
}

TEST(SloOnSeries, IdleServiceHasNoRatioAndNoAlert) {
  Play({.name = "idle",
        .objective = testing::Availability(),
        .series = {kUp, Good("100x120"), Errors("3x120")},
        .expectations = {Fires("2h", {}), Nothing("2h", "slo:error_ratio:5m"),
                         Nothing("2h", "slo:error_ratio:6h"),
                         Nothing("2h", "slo:error_budget:remaining"),
                         Is("2h", "(sum({__name__=~\"slo:.+\"}) > bool -1000000)", 1),  // no NaN
                         Is("2h", "slo:idle:bool", 1)}});
}

TEST(SloOnSeries, OneErrorOfAQuietServicePagesNobody) {
  const std::vector<Series> series{kUp, Good("0+1x100"), Errors("0x90 1x10")};
  Play({.name = "guarded",
        .objective = testing::Availability(),
        .series = series,
        .expectations = {Fires("1h34m", {})}});
  Play({.name = "not guarded",
        .objective = With(testing::Availability(), 0),
        .series = series,
        .expectations = {Contains("1h34m", "burn_tier=\"fast\"")}});
}

// A busy hour weighs more than a quiet one: 50 of 20,060 requests were bad, not the mean of 0 and
// 83 %.
TEST(SloOnSeries, EachRequestWeighsTheSame) {
  Play({.name = "uneven",
        .objective = With(testing::Availability(), 1000),
        .series = {kUp, Good("0+1000x60 60000+1x60"), Errors("0x60 0+1x60")},
        .expectations = {Is("2h", "abs(slo:error_ratio:6h - 60 / 60120) < bool 0.0001", 1)}});
}

TEST(SloOnSeries, NoDataHasThreeCauses) {
  Play({.name = "target down",
        .objective = testing::Availability(),
        .series = {{.name = kUp.name, .values = "1x60 0x60"}, Good("0+60x60 _x60")},
        .expectations = {Fires("1h", {}), Fires("1h20m", {"SloTargetGone"})}});
  Play({.name = "target not known any more",
        .objective = testing::Availability(),
        .series = {{.name = kUp.name, .values = "1x60 stale _x60"}, Good("0+60x60 stale _x60")},
        .expectations = {Fires("1h", {}), Fires("1h20m", {"SloTargetGone"})}});
  Play({.name = "series gone",
        .objective = testing::Availability(),
        .series = {kUp, Good("0+60x60 stale _x60")},
        .expectations = {Fires("1h", {}), Fires("1h20m", {"SloSeriesGone"})}});
}

std::vector<Series> Buckets(const std::string& all, const std::string& quick) {
  return {kUp,
          {.name = "http_seconds_count{job=\"shop\"}", .values = all},
          {.name = "http_seconds_bucket{job=\"shop\", le=\"0.5\"}", .values = "0x120"},
          {.name = "http_seconds_bucket{job=\"shop\", le=\"1.0\"}", .values = quick},
          {.name = "http_seconds_bucket{job=\"shop\", le=\"+Inf\"}", .values = all}};
}

TEST(SloOnSeries, LatencyByClassicHistogram) {
  Play({.name = "quick",
        .objective = testing::Classic(),
        .series = Buckets("0+60x120", "0+60x120"),
        .expectations = {Fires("2h", {}), Is("2h", "slo:error_ratio:6h", 0),
                         Nothing("2h", kOtherEdges)}});
  Play({.name = "slow",
        .objective = testing::Classic(),
        .series = Buckets("0+60x120", "0+60x60 3600+54x60"),
        .expectations = {Fires("1h", {}),
                         Fires("1h30m", {"SloBudgetExhausted", "burn fast", "burn long",
                                         "burn medium", "burn slow"}),
                         Is("1h30m", "slo:error_ratio:5m", 0.1)}});
  Play({.name = "idle",
        .objective = testing::Classic(),
        .series = Buckets("60x120", "50x120"),
        .expectations = {Fires("2h", {}), Nothing("2h", "slo:error_ratio:5m")}});
  Objective off_edge = testing::Classic();
  std::get<Latency>(off_edge.indicator).threshold = 0.7;
  Play({.name = "no such bucket",
        .objective = off_edge,
        .series = Buckets("0+60x120", "0+60x120"),
        .expectations = {
            Nothing("2h", "slo:error_ratio:5m"),
            {.at = "2h",
             .expr = "group by (le) (slo:latency_edges:other)",
             .samples = {{"{le=\"0.5\"}", 1}, {"{le=\"1.0\"}", 1}, {"{le=\"+Inf\"}", 1}}}}});
}

// Buckets of schema 0: the first is (0.5, 1], the second (1, 2].
Series Native(std::string values) {
  return {.name = "http_seconds{job=\"shop\"}", .values = std::move(values)};
}

TEST(SloOnSeries, LatencyByNativeHistogram) {
  const std::string quick = "{{schema:0 sum:30 count:60 buckets:[60]}}";
  const std::string zero = "{{schema:0 sum:0 count:0 buckets:[0 0]}}";
  Play({.name = "quick",
        .objective = testing::Native(),
        .series = {kUp, Native(zero + "+" + quick + "x120")},
        .expectations = {Fires("2h", {}), Is("2h", "slo:error_ratio:6h", 0)}});
  Play({.name = "slow",
        .objective = testing::Native(),
        .series = {kUp, Native(zero + "+{{schema:0 sum:40 count:60 buckets:[54 6]}}x120")},
        .expectations = {Is("1h30m", "slo:error_ratio:5m", 0.1),
                         Fires("1h30m", {"SloBudgetExhausted", "burn fast", "burn long",
                                         "burn medium", "burn slow"})}});
  Play({.name = "idle",
        .objective = testing::Native(),
        .series = {kUp, Native("{{schema:0 sum:30 count:60 buckets:[60]}}x120")},
        .expectations = {Fires("2h", {}), Nothing("2h", "slo:error_ratio:5m"),
                         Is("2h", "slo:errors:rate5m", 0), Is("2h", "slo:idle:bool", 1)}});
}

TEST(SloOnSeries, EachGroupHasItsOwnBudget) {
  Objective objective = testing::Availability();
  objective.by = {"route"};
  Play({.name = "by route",
        .objective = objective,
        .series = {kUp,
                   {.name = "http_requests_total{job=\"shop\", code=\"200\", route=\"/a\"}",
                    .values = "0+60x120"},
                   {.name = "http_requests_total{job=\"shop\", code=\"500\", route=\"/b\"}",
                    .values = "0+60x120"}},
        .expectations = {
            {.at = "1h30m",
             .expr =
                 "group by (route, slo, owner) (ALERTS{burn_tier=\"fast\", alertstate=\"firing\"})",
             .samples = {{"{route=\"/b\", slo=\"s\", owner=\"team\"}", 1}}},
            {.at = "1h30m",
             .expr = "sum by (route) (slo:error_ratio:1h)",
             .samples = {{"{route=\"/a\"}", 0}, {"{route=\"/b\"}", 1}}}}});
}

}  // namespace
}  // namespace belvedere::config::slo

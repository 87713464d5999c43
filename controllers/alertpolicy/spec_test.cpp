#include "controllers/alertpolicy/spec.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"

namespace belvedere::alertpolicy {
namespace {

constexpr const char* kHead =
    "stack: {name: main, namespace: monitoring}\nowner: team-a\nsystem: checkout\n"
    "runbook: https://runbooks.example/a\n";

Result<Spec> Parse(const std::string& yaml, const std::string& ns = "shop") {
  return ParseSpec(config::ParseYaml(yaml).value(), ns);
}

std::string ProblemOf(const std::string& slo) {
  const Result<Spec> spec = Parse(kHead + ("slos: [" + slo + "]\n"));
  if (!spec) return spec.error().message;
  return spec->entries[0].body ? "" : spec->entries[0].body.error();
}

std::string SloOf(const std::string& rest) { return "{name: a, target: '99.9', " + rest + "}"; }

TEST(AlertPolicySpec, ReadsEveryField) {
  const Result<Spec> spec = Parse(std::string(kHead) + R"(
region: eu
businessHours: {timeZone: Asia/Seoul, days: [Monday-Friday], from: "09:00", to: "18:00"}
notify: [{severity: Page, receiver: pager}, {severity: Ticket, receiver: slack, during: BusinessHours}]
slos:
- {name: availability, target: "99.9", ratio: {total: 'r{job="a"}', bad: 'r{job="a",code=~"5.."}'}}
- name: latency
  target: "99"
  window: 30d
  latency: {histogram: h, selector: '{job="frontend"}', threshold: 20ms}
  by: [route]
  tiers: [Fast, Slow]
)");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->stack, (kube::ObjectKey{"monitoring", "main"}));
  EXPECT_EQ(spec->region, "eu");
  ASSERT_EQ(spec->notify.size(), 2U);
  EXPECT_EQ(spec->notify[0].severity, config::monitors::Severity::kPage);
  EXPECT_EQ(spec->notify[0].during, config::routing::During::kAlways);
  EXPECT_EQ(std::get<std::string>(spec->notify[1].to), "slack");
  EXPECT_EQ(spec->notify[1].during, config::routing::During::kBusinessHours);
  EXPECT_EQ(spec->business_hours,
            (config::routing::Hours{
                .zone = "Asia/Seoul", .days = {"Monday-Friday"}, .from = "09:00", .to = "18:00"}));
  ASSERT_EQ(spec->entries.size(), 2U);
  EXPECT_EQ(spec->entries[1].path, "spec.slos[1]");
  const auto& latency =
      std::get<config::slo::Latency>(std::get<Slo>(*spec->entries[1].body).indicator);
  EXPECT_EQ(latency.threshold, 0.02);
  EXPECT_EQ(latency.histogram.matchers.size(), 1U);
  EXPECT_EQ(std::get<Slo>(*spec->entries[1].body).tiers,
            (std::vector{config::slo::Tier::kFast, config::slo::Tier::kSlow}));
}

TEST(AlertPolicySpec, TheStackIsOfItsOwnNamespaceUnlessItSaysOtherwise) {
  EXPECT_EQ(StackOf(config::ParseYaml("stack: {name: main}").value(), "shop").ns, "shop");
}

TEST(AlertPolicySpec, ProblemsOfPromqlNameFieldLineAndColumn) {
  EXPECT_EQ(ProblemOf(SloOf("ratio: {total: 'r{', bad: 'r'}")).substr(0, 33),
            "spec.slos[0].ratio.total: 1:3: th");
  EXPECT_NE(
      ProblemOf(SloOf("ratio: {total: 'rate(r[5m])', bad: 'r'}")).find("spec.slos[0].ratio.to"),
      std::string::npos);
  EXPECT_NE(ProblemOf(SloOf("ratio: {total: 'r[5m]', bad: 'r'}")), "");
  EXPECT_NE(ProblemOf(SloOf("ratio: {total: 'r offset 5m', bad: 'r'}")), "");
  EXPECT_NE(ProblemOf(SloOf("ratio: {total: 'r', bad: 'r'}")), "");
  EXPECT_EQ(ProblemOf(SloOf("ratio: {total: 'r', bad: 'e'}")), "");
  EXPECT_EQ(
      ProblemOf(SloOf("latency: {histogram: seconds, selector: '{', threshold: 1s}")).substr(0, 35),
      "spec.slos[0].latency.selector: 1:2:");
}

TEST(AlertPolicySpec, AnEntryThatIsWrongIsNamed) {
  for (const char* rest :
       {"by: [a]", "ratio: {total: a, bad: b}, latency: {histogram: h, threshold: 1s}",
        "ratio: {total: a, bad: b}, by: [owner]", "ratio: {total: a, bad: b}, by: ['x y']",
        "ratio: {total: a, bad: b}, tiers: [Quick]", "ratio: {total: a, bad: b}, windows: 30d",
        "latency: {histogram: 'h{}', threshold: 1s}", "latency: {histogram: h}",
        "latency: {histogram: h, selector: '{a=\"b\"} or x', threshold: 1s}"}) {
    EXPECT_EQ(ProblemOf(SloOf(rest)).substr(0, 12), "spec.slos[0]") << rest;
  }
  for (const char* target : {"0", "100", "99,9", "-1", "abc"}) {
    const std::string slo =
        "{name: a, target: '" + std::string(target) + "', ratio: {total: a, bad: b}}";
    EXPECT_NE(ProblemOf(slo), "") << target;
  }
  const auto twice = Parse(std::string(kHead) +
                           "slos: [{name: a, target: '99', ratio: {total: a, bad: b}}, {name: a, "
                           "target: '99', ratio: {total: c, bad: d}}]");
  EXPECT_TRUE(twice->entries[0].body);
  EXPECT_FALSE(twice->entries[1].body);
}

TEST(AlertPolicySpec, TextsThatCouldBeTemplatesAreRefused) {
  for (const char* line :
       {"owner: '{{ $value }}'", "system: 'a{{b}}'", "runbook: 'https://x/{{ .Labels }}'",
        "runbook: 'ftp://x'", "region: '$x'", "owner: ''"}) {
    const std::string field = std::string(line).substr(0, std::string(line).find(':'));
    std::string yaml = std::string(kHead) + "slos: [" + SloOf("ratio: {total: a, bad: b}") + "]\n";
    const std::size_t at = yaml.find(field + ":");
    if (at != std::string::npos) yaml.erase(at, yaml.find('\n', at) + 1 - at);
    const Result<Spec> spec = Parse(yaml + line + "\n");
    ASSERT_FALSE(spec) << line;
    EXPECT_EQ(spec.error().message.substr(0, 5 + field.size()), "spec." + field) << line;
  }
}

// As in the project's full example.
constexpr const char* kMonitors[] = {
    "{name: disk, forecast: {value: avail_bytes, of: size_bytes, below: '0', within: 24h, "
    "onlyUnder: 40%}}",
    "{name: queue, threshold: {value: 'queue_depth{queue=\"orders\"}', above: '1000', "
    "recoverBelow: "
    "'600'}, for: 10m}",
    "{name: traffic, anomaly: {value: 'sum(rate(r_total[5m]))', method: Robust, sensitivity: "
    "Medium, direction: Both}}",
    "{name: slow, outlier: {value: 'rate(s_sum[5m])', among: [job], by: [pod], tolerance: '3'}}",
    "{name: gone, absent: {job: node-exporter}}",
    "{name: changed, change: {value: users, by: 50%, over: 1h, direction: Down}}",
    "{name: looping, symptom: true, severity: Page, expr: 'max_over_time(waiting[5m]) >= 1', for: "
    "30m}"};

TEST(AlertPolicySpec, ReadsMonitorsOfEveryKind) {
  std::string list;
  for (const char* monitor : kMonitors) list += std::string("- ") + monitor + "\n";
  const Result<Spec> spec = Parse(kHead + ("monitors:\n" + list));
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->entries.size(), 7U);
  for (const Entry& entry : spec->entries) EXPECT_TRUE(entry.body) << entry.body.error();
  const auto& looping = std::get<config::monitors::Monitor>(*spec->entries[6].body);
  EXPECT_EQ(looping.severity, config::monitors::Severity::kPage);
  EXPECT_EQ(looping.wait, std::chrono::minutes(30));
  const auto& disk = std::get<config::monitors::Forecast>(
      std::get<config::monitors::Monitor>(*spec->entries[0].body).kind);
  EXPECT_EQ(disk.guard, 0.4);
  EXPECT_EQ(disk.side, config::monitors::Side::kBelow);
}

TEST(AlertPolicySpec, AMonitorThatIsWrongIsNamed) {
  for (const char* rest :
       {"expr: 'a > ', for: 5m", "for: 5m", "expr: a > 1, absent: {job: x}",
        "threshold: {value: a}", "threshold: {value: a, above: '1', below: '0'}",
        "threshold: {value: a, above: many}",
        "threshold: {value: a, above: '1', recoverAbove: '2'}", "expr: a > 1, symptom: 'yes'",
        "absent: {}", "forecast: {value: a, below: '0'}", "outlier: {value: a, by: [owner]}",
        "expr: a > 1, severity: Info", "expr: a > 1, each: b"}) {
    const auto spec = Parse(kHead + ("monitors: [{name: m, " + std::string(rest) + "}]"));
    ASSERT_TRUE(spec) << rest;
    ASSERT_FALSE(spec->entries[0].body) << rest;
    EXPECT_EQ(spec->entries[0].body.error().substr(0, 16), "spec.monitors[0]") << rest;
  }
}

}  // namespace
}  // namespace belvedere::alertpolicy

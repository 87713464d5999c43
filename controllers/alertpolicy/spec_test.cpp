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

std::string Slo(const std::string& rest) { return "{name: a, target: '99.9', " + rest + "}"; }

TEST(AlertPolicySpec, ReadsEveryField) {
  const Result<Spec> spec = Parse(std::string(kHead) + R"(
region: eu
notify: [{severity: Page, receiver: pager}, {severity: Ticket, receiver: slack}]
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
  EXPECT_EQ(spec->notify[0].severity, Severity::kPage);
  EXPECT_EQ(spec->notify[1].receiver, "slack");
  ASSERT_EQ(spec->entries.size(), 2U);
  EXPECT_EQ(spec->entries[1].path, "spec.slos[1]");
  const auto& latency = std::get<config::slo::Latency>(spec->entries[1].body->indicator);
  EXPECT_EQ(latency.threshold, 0.02);
  EXPECT_EQ(latency.histogram.matchers.size(), 1U);
  EXPECT_EQ(spec->entries[1].body->tiers,
            (std::vector{config::slo::Tier::kFast, config::slo::Tier::kSlow}));
}

TEST(AlertPolicySpec, TheStackIsOfItsOwnNamespaceUnlessItSaysOtherwise) {
  EXPECT_EQ(StackOf(config::ParseYaml("stack: {name: main}").value(), "shop").ns, "shop");
}

TEST(AlertPolicySpec, ProblemsOfPromqlNameFieldLineAndColumn) {
  EXPECT_EQ(ProblemOf(Slo("ratio: {total: 'r{', bad: 'r'}")).substr(0, 33),
            "spec.slos[0].ratio.total: 1:3: th");
  EXPECT_NE(ProblemOf(Slo("ratio: {total: 'rate(r[5m])', bad: 'r'}")).find("spec.slos[0].ratio.to"),
            std::string::npos);
  EXPECT_NE(ProblemOf(Slo("ratio: {total: 'r[5m]', bad: 'r'}")), "");
  EXPECT_NE(ProblemOf(Slo("ratio: {total: 'r offset 5m', bad: 'r'}")), "");
  EXPECT_NE(ProblemOf(Slo("ratio: {total: 'r', bad: 'r'}")), "");
  EXPECT_EQ(ProblemOf(Slo("ratio: {total: 'r', bad: 'e'}")), "");
  EXPECT_EQ(
      ProblemOf(Slo("latency: {histogram: seconds, selector: '{', threshold: 1s}")).substr(0, 35),
      "spec.slos[0].latency.selector: 1:2:");
}

TEST(AlertPolicySpec, AnEntryThatIsWrongIsNamed) {
  for (const char* rest :
       {"by: [a]", "ratio: {total: a, bad: b}, latency: {histogram: h, threshold: 1s}",
        "ratio: {total: a, bad: b}, by: [owner]", "ratio: {total: a, bad: b}, by: ['x y']",
        "ratio: {total: a, bad: b}, tiers: [Quick]", "ratio: {total: a, bad: b}, windows: 30d",
        "latency: {histogram: 'h{}', threshold: 1s}", "latency: {histogram: h}",
        "latency: {histogram: h, selector: '{a=\"b\"} or x', threshold: 1s}"}) {
    EXPECT_EQ(ProblemOf(Slo(rest)).substr(0, 12), "spec.slos[0]") << rest;
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
    std::string yaml = std::string(kHead) + "slos: [" + Slo("ratio: {total: a, bad: b}") + "]\n";
    const std::size_t at = yaml.find(field + ":");
    if (at != std::string::npos) yaml.erase(at, yaml.find('\n', at) + 1 - at);
    const Result<Spec> spec = Parse(yaml + line + "\n");
    ASSERT_FALSE(spec) << line;
    EXPECT_EQ(spec.error().message.substr(0, 5 + field.size()), "spec." + field) << line;
  }
}

}  // namespace
}  // namespace belvedere::alertpolicy

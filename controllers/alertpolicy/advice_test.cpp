#include "controllers/alertpolicy/advice.h"

#include <gtest/gtest.h>

#include <set>

#include "controllers/config/yaml.h"

namespace belvedere::alertpolicy {
namespace {

const std::string kSlo = "{name: s, target: '99.9', ratio: {total: t, bad: 't{code=\"500\"}'}}";
const std::string kBoth = "[{severity: Page, receiver: p}, {severity: Ticket, receiver: t}]";

struct Policy {
  std::string slos = "[" + kSlo + "]";
  std::string monitors = "[]";
  std::string notify = kBoth;
  std::string runbook = "https://runbooks.example/checkout";
};

// "<rule> <path>" of each piece of advice.
std::vector<std::string> AdviceOn(const Policy& policy) {
  const std::string yaml = "{stack: {name: main}, owner: a, system: b, runbook: '" +
                           policy.runbook + "', notify: " + policy.notify +
                           ", slos: " + policy.slos + ", monitors: " + policy.monitors + "}";
  const Result<Spec> spec = ParseSpec(config::ParseYaml(yaml).value(), "shop");
  EXPECT_TRUE(spec) << spec.error().message;
  std::vector<std::string> given;
  for (const Advice& advice : alertpolicy::AdviceOn(*spec)) {
    given.push_back(std::string(advice.rule) + " " + advice.text.substr(0, advice.text.find(':')));
  }
  return given;
}

struct Case {
  Policy policy;
  std::vector<std::string> advice;
};

const std::vector<Case> kCases{
    {{.slos = "[]", .monitors = "[{name: m, absent: {job: j}}]"}, {"symptoms spec"}},
    {{.monitors = "[{name: m, symptom: true, severity: Page, change: {value: v, by: 50%}}]"},
     {"page-now spec.monitors[0].severity"}},
    {{.monitors = "[{name: m, expr: 'rate(a[10m]) > 1'}, {name: n, expr: 'rate(a[1m]) > 1'}]"},
     {"ranges spec.monitors[1]"}},
    {{.monitors = "[{name: m, threshold: {value: 'rate(a[2m])', above: '1'}}]"},
     {"ranges spec.monitors[0]"}},
    {{.runbook = "https://wiki.example/"}, {"playbook spec.runbook"}},
    {{.notify = "[{severity: Ticket, receiver: t}]"}, {"heard spec.notify"}},
    {{.notify = "[]"}, {"heard spec.notify", "heard spec.notify"}},
    {{.slos = "[{name: s, target: '99.9', ratio: {total: t, bad: 't{code=\"500\"}'}, by: [pod]}]"},
     {"service spec.slos[0].by"}},
    {{.slos = "[{name: s, target: '99.999', ratio: {total: t, bad: 't{code=\"500\"}'}}]"},
     {"reach spec.slos[0].target"}},
    {{.slos = "[{name: s, target: '0.999', ratio: {total: t, bad: 't{code=\"500\"}'}}]"},
     {"percent spec.slos[0].target"}},
};

TEST(AlertPolicyAdvice, OnGoodPracticeIsNone) {
  EXPECT_EQ(AdviceOn(Policy()), std::vector<std::string>());
  const std::string page = "{name: m, symptom: true, severity: Page, expr: 'rate(a[5m]) > 1'}";
  EXPECT_EQ(AdviceOn({.slos = "[]", .monitors = "[" + page + "]"}), std::vector<std::string>());
  // Nothing of it needs a human now.
  const std::string ticket = "[{severity: Ticket, receiver: t}]";
  EXPECT_EQ(AdviceOn({.slos = "[{name: s, target: '99.9', tiers: [Slow], ratio: {total: t, bad: "
                              "'t{code=\"500\"}'}}]",
                      .notify = ticket}),
            std::vector<std::string>());
}

TEST(AlertPolicyAdvice, NamesTheFieldAndTheRule) {
  for (const Case& one : kCases) EXPECT_EQ(AdviceOn(one.policy), one.advice);
}

TEST(AlertPolicyAdvice, EachRuleIsShownAtWork) {
  std::set<std::string> shown;
  for (const Case& one : kCases) {
    for (const std::string& advice : one.advice) shown.insert(advice.substr(0, advice.find(' ')));
  }
  std::set<std::string> rules;
  for (const AdviceRule& rule : AdviceRules()) rules.insert(std::string(rule.name));
  EXPECT_EQ(shown, rules);
}

TEST(AlertPolicyAdvice, PassesOverWhatIsRefused) {
  EXPECT_EQ(AdviceOn({.slos = "[]", .monitors = "[{name: m, expr: 'rate(a[1m]'}]"}),
            std::vector<std::string>());
}

}  // namespace
}  // namespace belvedere::alertpolicy

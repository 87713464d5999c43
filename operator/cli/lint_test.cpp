#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "operator/cli/cli.h"

namespace belvedere::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Linted {
  int code = 0;
  std::string out;
  std::string err;
};

Linted Lint(const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const std::vector<const char*> arguments{"belvedere", "lint", "-f", "-"};
  const int code = Run(static_cast<int>(arguments.size()), arguments.data(), {in, out, err});
  return {code, out.str(), err.str()};
}

std::string Resource(const std::string& kind, const std::string& key, const std::string& spec) {
  const std::size_t slash = key.find('/');
  return "apiVersion: belvedere.dev/v1alpha1\nkind: " + kind +
         "\nmetadata: {namespace: " + key.substr(0, slash) + ", name: " + key.substr(slash + 1) +
         "}\nspec: " + spec + "\n---\n";
}

std::string Stack(const std::string& more = "") {
  return Resource(
      "MonitoringStack", "monitoring/main",
      "{alerting: {receivers: [{name: team, webhook: {url: 'http://hook.example'}}]}" + more + "}");
}

const std::string kGood = "{name: s, target: '99.9', ratio: {total: t, bad: 't{code=\"500\"}'}}";

std::string Policy(const std::string& slos = kGood, const std::string& receiver = "team",
                   const std::string& ns = "monitoring") {
  return Resource("AlertPolicy", ns + "/shop",
                  "{stack: {name: main, namespace: monitoring}, owner: o, system: s, "
                  "runbook: 'https://runbooks.example/s', notify: [{severity: Page, receiver: " +
                      receiver + "}, {severity: Ticket, receiver: " + receiver + "}], slos: [" +
                      slos + "]}");
}

TEST(Lint, SaysNothingOfWhatIsGood) {
  const Linted linted = Lint(Stack(", metrics: {retention: {time: 30d}}") + Policy());
  EXPECT_EQ(linted.out, "");
  EXPECT_EQ(linted.err, "errors: 0, notes: 0, advice: 0\n");
  EXPECT_EQ(linted.code, kOk);
}

TEST(Lint, NamesEachEntryThatWouldBeRefusedAndWhere) {
  const std::string broken = "{name: b, target: '99', ratio: {total: 'x{', bad: y}}";
  const std::string high = "{name: h, target: '100', ratio: {total: x, bad: y}}";
  const Linted linted = Lint(Stack() + Policy(kGood + ", " + broken + ", " + high));
  EXPECT_EQ(linted.code, kFailure);
  EXPECT_THAT(linted.out,
              HasSubstr("AlertPolicy monitoring/shop: error: spec.slos[1].ratio.total: 1:"));
  EXPECT_THAT(linted.out, HasSubstr("AlertPolicy monitoring/shop: error: spec.slos[2]"));
  EXPECT_THAT(linted.err, HasSubstr("errors: 2,"));
}

TEST(Lint, HoldsPoliciesAgainstTheirStack) {
  const Linted unknown = Lint(Stack() + Policy(kGood, "nobody"));
  EXPECT_EQ(unknown.code, kFailure);
  EXPECT_THAT(unknown.out, HasSubstr("error: spec.notify[0].receiver: "));
  EXPECT_THAT(unknown.out, HasSubstr("error: spec.notify[1].receiver: "));
  EXPECT_THAT(unknown.out, HasSubstr("note: entry s: no error budget is shown"));
  const Linted alone = Lint(Policy());
  EXPECT_EQ(alone.code, kOk);
  EXPECT_THAT(alone.out, HasSubstr("note: spec.stack: MonitoringStack monitoring/main"));
}

TEST(Lint, KnowsWhoseNamespaceAStackTakes) {
  const std::string tenant = Policy(kGood, "team", "shop");
  EXPECT_EQ(Lint(Stack() + tenant).code, kFailure);
  EXPECT_THAT(Lint(Stack() + tenant).out, HasSubstr("spec.policies.namespaceSelector"));
  const std::string open =
      Stack(", policies: {namespaceSelector: {matchLabels: {alerts: 'yes'}}}") + tenant;
  EXPECT_EQ(Lint(open).code, kOk);
  EXPECT_THAT(Lint(open).out, HasSubstr("note: spec.stack: "));
  const std::string labelled =
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {alerts: 'yes'}}\n---\n";
  EXPECT_THAT(Lint(labelled + open).out, Not(HasSubstr("note: spec.stack: ")));
}

TEST(Lint, AdviceDoesNotFail) {
  const std::string steep =
      "{name: s, target: '99.999', ratio: {total: t, bad: 't{code=\"500\"}'}}";
  const Linted linted = Lint(Stack() + Policy(steep));
  EXPECT_THAT(linted.out, HasSubstr("AlertPolicy monitoring/shop: advice: spec.slos[0].target: "));
  EXPECT_EQ(linted.code, kOk);
}

TEST(Lint, FindsWhatIsWrongInOtherKinds) {
  const Linted stack = Lint(Resource("MonitoringStack", "a/b", "{metrics: {replicas: -1}}"));
  EXPECT_EQ(stack.code, kFailure);
  EXPECT_THAT(stack.out, HasSubstr("MonitoringStack a/b: error: spec.metrics.replicas"));
  const Linted pipeline =
      Lint(Resource("LogPipeline", "a/b", "{inputs: {containers: {}}, outputs: []}") + Stack());
  EXPECT_EQ(pipeline.code, kFailure);
  EXPECT_THAT(pipeline.out, HasSubstr("LogPipeline a/b: error: spec.outputs"));
}

}  // namespace
}  // namespace belvedere::cli

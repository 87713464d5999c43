#include "controllers/alertpolicy/spec_notify.h"

#include <gtest/gtest.h>

#include "controllers/alertpolicy/spec.h"
#include "controllers/config/yaml.h"

namespace belvedere::alertpolicy {
namespace {

Result<Spec> ParseWith(const std::string& lines, const std::string& ns = "monitoring") {
  return ParseSpec(
      *config::ParseYaml("stack: {name: main, namespace: monitoring}\n"
                         "owner: team-a\nsystem: checkout\n"
                         "runbook: https://runbooks.example/a\n"
                         "slos: [{name: a, target: '99', ratio: {total: a, bad: b}}]\n" +
                         lines),
      ns);
}

std::string ProblemWith(const std::string& lines, const std::string& ns = "monitoring") {
  const Result<Spec> spec = ParseWith(lines, ns);
  return spec ? "" : spec.error().message;
}

TEST(AlertPolicyNotify, BusinessHoursThatAreNoneAreNamed) {
  const std::string when = "businessHours: {timeZone: Asia/Seoul, days: [Monday], from: '09:00'";
  EXPECT_EQ(ProblemWith(when + ", to: '18:00'}"), "");
  EXPECT_EQ(ProblemWith(when + "}"),
            "spec: businessHours.to: must be a time of a day such as 18:00, at most 24:00");
  EXPECT_NE(ProblemWith(when + ", to: '18:00', lunch: '12:00'}").find("spec.businessHours.lunch"),
            std::string::npos);
  EXPECT_EQ(ProblemWith("notify: [{severity: Ticket, receiver: a, during: BusinessHours}]"),
            "spec.notify[0].during: BusinessHours needs spec.businessHours: say when people work");
  EXPECT_NE(ProblemWith("notify: [{severity: Ticket, receiver: a, during: Lunch}]"), "");
}

TEST(AlertPolicyNotify, APolicyBesideItsStackMayHaveReceiversOfItsOwn) {
  const auto spec = ParseWith(
      "notify:\n"
      "- {severity: Page, pagerduty: {routingKeyRef: {name: pagerduty, key: platform}}}\n"
      "- {severity: Ticket, receiver: slack}\n"
      "- {severity: Ticket, webhook: {url: 'http://hook.example'}}\n");
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->notify.size(), 3U);
  using config::receivers::Integration;
  using config::receivers::SecretFile;
  EXPECT_EQ(std::get<Integration>(spec->notify[0].to).fields.at("routingKeyRef"),
            config::receivers::Value(SecretFile{"/etc/belvedere/secrets/pagerduty/platform"}));
  EXPECT_EQ(std::get<std::string>(spec->notify[1].to), "slack");
  EXPECT_EQ(std::get<Integration>(spec->notify[2].to).kind, "webhook");
  EXPECT_EQ(spec->secrets, std::set<std::string>{"pagerduty"});
}

TEST(AlertPolicyNotify, ElsewhereItIsToldToNameOneOfTheStack) {
  const std::string hook = "notify: [{severity: Page, webhook: {url: 'http://hook.example'}}]";
  EXPECT_EQ(ProblemWith(hook), "");
  EXPECT_EQ(
      ProblemWith(hook, "shop"),
      "spec.notify[0].webhook: only policies in the namespace of their stack, monitoring, may "
      "have receivers of their own, since their Secrets are mounted there; name a receiver of "
      "the stack instead");
}

TEST(AlertPolicyNotify, AReceiverOfTheStackMayHaveADotInItsName) {
  EXPECT_EQ(ProblemWith("notify: [{severity: Page, receiver: team.eu}]"), "");
  EXPECT_EQ(
      ProblemWith("notify: [{severity: Page, receiver: team.}]"),
      "spec.notify[0].receiver: \"team.\" must be a name of at most 63 characters, a-z, 0-9, - "
      "and .");
}

TEST(AlertPolicyNotify, AReceiverThatIsWrongIsNamedOnce) {
  EXPECT_EQ(ProblemWith("notify: [{severity: Page, slack: {channel: '#a'}}]").substr(0, 23),
            "spec.notify[0]: slack: ");
  EXPECT_EQ(ProblemWith("notify: [{severity: Page, webhook: {url: 'ftp://a'}}]"),
            "spec.notify[0]: webhook.url: is no plain http or https URL");
  const std::string one =
      "spec.notify[0]: needs exactly one of receiver, which names one of the stack, and a receiver "
      "of its own, for instance slack or webhook";
  EXPECT_EQ(ProblemWith("notify: [{severity: Page}]"), one);
  EXPECT_EQ(ProblemWith("notify: [{severity: Page, receiver: a, webhook: {url: 'http://a'}}]"),
            one);
  EXPECT_EQ(ProblemWith("notify: [{severity: Page, webhook: {url: 'http://a'}, "
                        "teams: {webhookRef: {name: a, key: b}}}]"),
            one);
}

}  // namespace
}  // namespace belvedere::alertpolicy

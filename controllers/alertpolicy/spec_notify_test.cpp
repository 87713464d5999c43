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

}  // namespace
}  // namespace belvedere::alertpolicy

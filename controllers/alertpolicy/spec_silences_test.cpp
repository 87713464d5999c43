#include "controllers/alertpolicy/spec_silences.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"

namespace belvedere::alertpolicy {
namespace {

struct ReadResult {
  std::vector<config::Silence> silences;
  std::string problem;
};

ReadResult ReadYaml(const std::string& list) {
  config::FieldReader::Problems problems;
  const Json spec{{"silences", config::ParseYaml("[" + list + "]").value()}};
  config::FieldReader reader(spec, "spec", problems);
  ReadResult result{.silences = ReadSilences(reader), .problem = {}};
  result.problem = config::Join(problems);
  return result;
}

std::string SilenceYaml(const std::string& rest, const std::string& name = "a") {
  return "{name: " + name + ", matchers: {system: cluster}, reason: upgrade, " + rest + "}";
}

std::string When(const std::string& from, const std::string& until) {
  return "from: '" + from + "', until: '" + until + "'";
}

TEST(AlertPolicySilences, AreReadInUtc) {
  const ReadResult read =
      ReadYaml(SilenceYaml(When("2026-12-01T09:00:00+09:00", "2026-12-01T04:00:00.5Z")));
  ASSERT_EQ(read.problem, "");
  ASSERT_EQ(read.silences.size(), 1U);
  const config::Silence& silence = read.silences[0];
  EXPECT_EQ(FormatTime(silence.from), "2026-12-01T00:00:00Z");
  EXPECT_EQ(FormatTime(silence.until), "2026-12-01T04:00:00Z");
  EXPECT_EQ(silence.matchers, (std::map<std::string, std::string>{{"system", "cluster"}}));
  EXPECT_EQ(silence.reason, "upgrade");
}

TEST(AlertPolicySilences, TimesThatAreNoneAreNamed) {
  const std::string good = "2026-12-01T00:00:00Z";
  for (const char* bad : {"", "2026-12-01", "2026-12-01T00:00:00", "2026-02-31T00:00:00Z",
                          "2026-12-01T24:00:00Z", "2026-12-01T00:00:00+25:00", "tomorrow"}) {
    EXPECT_EQ(ReadYaml(SilenceYaml(When(bad, good))).problem,
              "spec.silences[0].from: must be a time with its zone, such as 2026-12-01T00:00:00Z")
        << bad;
  }
  EXPECT_EQ(ReadYaml(SilenceYaml(When(good, good))).problem,
            "spec.silences[0].until: must be after from");
  // The zone counts, not the text.
  EXPECT_EQ(
      ReadYaml(SilenceYaml(When("2026-12-01T08:00:00+09:00", "2026-12-01T00:00:00Z"))).problem, "");
}

TEST(AlertPolicySilences, WhatWouldSilenceOthersOrNothingIsRefused) {
  const std::string when = When("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
  const auto problem = [&](const std::string& matchers) {
    return ReadYaml("{name: a, reason: b, matchers: " + matchers + ", " + when + "}").problem;
  };
  EXPECT_EQ(problem("{severity: warning, entry: latency}"), "");
  EXPECT_EQ(problem("{policy_namespace: bank}"),
            "spec.silences[0].matchers.policy_namespace: is set by Belvedere: a silence is of its "
            "own policy's alerts; leave it out");
  for (const char* matchers :
       {"{}", "{a: ''}", "{'a b': c}", "{'a=~\".*\"': c}", "{a: 1}", R"({a: "b\nc"})"}) {
    EXPECT_EQ(problem(matchers).substr(0, 25), "spec.silences[0].matchers") << matchers;
  }
  EXPECT_EQ(ReadYaml(SilenceYaml(when) + ", " + SilenceYaml(when)).problem,
            "spec.silences[1].name: is the name of another silence");
  EXPECT_NE(ReadYaml("{name: a, matchers: {b: c}, " + when + "}").problem, "");
  EXPECT_NE(ReadYaml(SilenceYaml(when + ", forever: x")).problem, "");
}

}  // namespace
}  // namespace belvedere::alertpolicy

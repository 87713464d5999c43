#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <regex>
#include <set>

#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/promql/testing/random_expressions.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/how_many.h"
#include "operator/base/testing/temporary_dir.h"

// Does Prometheus' own parser, in promtool, judge like ours? hack/test names promtool in
// BELVEDERE_PROMTOOL; without it, only what we know by ourselves is tested.
namespace belvedere::config::promql {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kGenerated = HowMany(12'000, 1000);

const fs::path kTestdata = fs::path(__FILE__).parent_path() / "testdata";

std::vector<std::string> ReadCorpus(const std::string& name) {
  std::ifstream file(kTestdata / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && !line.starts_with("# ")) lines.push_back(line);
  }
  EXPECT_GT(lines.size(), 100U) << name;
  return lines;
}

// What a rule file can hold: YAML knows no bytes that are not UTF-8, and a rule needs some text.
bool FitsRuleFile(const std::string& text) { return !text.empty() && IsUtf8(text); }

std::vector<std::string> Generate() {
  testing::RandomExpressions random(20'261'121);
  std::set<std::string> seen;
  while (seen.size() < kGenerated) {
    std::string text = random.Make();
    std::string mutated = random.Mutated(text);
    if (FitsRuleFile(text)) seen.insert(std::move(text));
    if (FitsRuleFile(mutated)) seen.insert(std::move(mutated));
  }
  return {seen.begin(), seen.end()};
}

std::string InYaml(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const CodePoint point = *FirstCodePoint(text);
    std::array<char, 12> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "\\U%08x", static_cast<unsigned>(point.value));
    const bool plain =
        point.value >= ' ' && point.value < 0x7F && text[0] != '"' && text[0] != '\\';
    quoted += plain ? std::string(1, text[0]) : buffer.data();
    text.remove_prefix(point.length);
  }
  return quoted + "\"";
}

// The places in `texts` that promtool refuses, with what it says.
std::map<std::size_t, std::string> RefusedByPromtool(const std::vector<std::string>& texts) {
  const TemporaryDir dir;
  const fs::path file = dir.path() / "rules.yaml";
  std::ofstream rules(file);
  rules << "groups:\n- name: g\n  rules:\n";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    rules << "  - {record: r" << i << ", expr: " << InYaml(texts[i]) << "}\n";
  }
  rules.close();
  const std::string output = RunCommand(std::string(std::getenv("BELVEDERE_PROMTOOL")) +
                                        " check rules --lint=none " + file.string())
                                 .output;
  std::map<std::size_t, std::string> refused;
  static const std::regex kRule("rule \\d+, \"r(\\d+)\": (.*)");
  for (std::sregex_iterator it(output.begin(), output.end(), kRule), end; it != end; ++it) {
    refused[std::stoul((*it)[1])] = (*it)[2];
  }
  // It may also refuse the file as a whole, which would look like taking each rule.
  const bool success =
      output.find("SUCCESS: " + std::to_string(texts.size()) + " rules found") != output.npos;
  EXPECT_TRUE(success || !refused.empty()) << output.substr(0, 1000);
  return refused;
}

struct Tally {
  std::size_t asked = 0;
  std::size_t agree = 0;
  std::size_t valid = 0;
};

Tally Compare(const std::vector<std::string>& texts) {
  Tally tally;
  const std::map<std::size_t, std::string> refused = RefusedByPromtool(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto parsed = Parse(texts[i]);
    const auto theirs = refused.find(i);
    ++tally.asked;
    tally.valid += parsed ? 1 : 0;
    if (parsed.has_value() == (theirs == refused.end())) {
      ++tally.agree;
    } else {
      ADD_FAILURE() << texts[i] << "\n  we: " << (parsed ? "taken" : parsed.error().message)
                    << "\n  promtool: " << (theirs == refused.end() ? "taken" : theirs->second);
    }
  }
  return tally;
}

void ExpectAgreement(const char* name, const std::vector<std::string>& texts) {
  if (std::getenv("BELVEDERE_PROMTOOL") == nullptr) {
    GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  }
  const Tally tally = Compare(texts);
  std::cout << name << ": " << tally.agree << " agree of " << tally.asked << " (" << tally.valid
            << " valid)\n";
  EXPECT_EQ(tally.agree, tally.asked);
}

TEST(PromqlConformance, ValidExpressionsAreTaken) {
  for (const std::string& text : ReadCorpus("valid.txt")) {
    const auto parsed = Parse(text);
    EXPECT_TRUE(parsed) << text << ": " << ToError(parsed.error()).message;
  }
  ExpectAgreement("valid", ReadCorpus("valid.txt"));
}

TEST(PromqlConformance, InvalidExpressionsAreRefused) {
  for (const std::string& text : ReadCorpus("invalid.txt")) EXPECT_FALSE(Parse(text)) << text;
  ExpectAgreement("invalid", ReadCorpus("invalid.txt"));
}

TEST(PromqlConformance, GeneratedExpressionsAreJudgedAlike) {
  ExpectAgreement("generated", Generate());
}

// A selector whose only matcher is the expression also says whether that matches the empty text.
TEST(PromqlConformance, RegularExpressionsAreJudgedAlike) {
  testing::RandomExpressions random(5);
  std::set<std::string> texts;
  while (texts.size() < kGenerated / 2) {
    const std::string regex = Quote(random.Regex());
    texts.insert("{a=~" + regex + "}");
    texts.insert("{a!~" + regex + "}");
  }
  ExpectAgreement("regular expressions", {texts.begin(), texts.end()});
}

// promtool reads what we print as well.
TEST(PromqlConformance, WhatIsPrintedIsTheSameExpression) {
  std::vector<std::string> texts = Generate();
  for (std::string& text : ReadCorpus("valid.txt")) texts.push_back(std::move(text));
  std::vector<std::string> printed;
  for (const std::string& text : texts) {
    const auto parsed = Parse(text);
    if (!parsed) continue;
    const std::string once = Print(*parsed);
    const auto again = Parse(once);
    ASSERT_TRUE(again) << text << "\n" << once << "\n" << ToError(again.error()).message;
    ASSERT_EQ(*again, *parsed) << text << "\n" << once;
    ASSERT_EQ(Print(*again), once);
    ASSERT_TRUE(IsUtf8(once));
    printed.push_back(once);
  }
  EXPECT_GT(printed.size(), texts.size() / 5);
  ExpectAgreement("printed", printed);
}

}  // namespace
}  // namespace belvedere::config::promql

#include "controllers/config/ini.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace belvedere::config::ini {
namespace {

using Texts = std::map<std::string, std::map<std::string, std::string>>;

// Reads the grammar as go-ini does, as far as a text without quotes and comments needs it.
Texts Read(const std::string& text) {
  Texts texts;
  std::string section;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.front() == '[') {
      section = line.substr(1, line.size() - 2);
      continue;
    }
    const std::size_t equals = line.find(" =");
    const std::string value = line.substr(equals + 2);
    EXPECT_TRUE(texts[section].emplace(line.substr(0, equals), value.substr(1)).second) << line;
  }
  return texts;
}

std::string TextOf(const Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* file = std::get_if<FromFile>(&value)) return "$__file{" + file->path + "}";
  return std::get<std::string>(value);
}

TEST(ToIni, IsSortedAndPlain) {
  const Document document{
      {"server", {{"root_url", std::string("https://g.example/")}, {"http_port", 3000L}}},
      {"auth.anonymous", {{"enabled", false}}},
      {"security", {{"admin_password", FromFile{"/etc/a/password"}}}}};
  EXPECT_EQ(ToIni(document).value(),
            "[auth.anonymous]\nenabled = false\n\n[security]\nadmin_password = "
            "$__file{/etc/a/password}\n\n[server]\nhttp_port = 3000\nroot_url = "
            "https://g.example/\n");
}

TEST(ToIni, RefusesWhatCouldBeMoreThanAText) {
  for (const char* text :
       {"a\nb", "a\rb", "${X}", "$__env{X}", "$X", "%(x)s", "a ; b", "a # b", "`a`", "\"a\"", "'a'",
        "\"\"\"a\"\"\"", "a\\", " a", "a ", "[a]", "a\tb", "\x7f"}) {
    EXPECT_FALSE(ToIni({{"s", {{"k", std::string(text)}}}}).has_value()) << text;
  }
  for (const char* path : {"etc", "/a b", "/a}", "/../a", "", "/$X"}) {
    EXPECT_FALSE(ToIni({{"s", {{"k", FromFile{path}}}}}).has_value()) << path;
  }
  EXPECT_FALSE(ToIni({{"s]\n[t", {}}}).has_value());
  EXPECT_FALSE(ToIni({{"s", {{"k = 1\nl", true}}}}).has_value());
  EXPECT_FALSE(ToIni({{"", {}}}).has_value());
  EXPECT_NE(ToIni({{"s", {{"k", std::string("$")}}}}).error().message.find("[s] k"),
            std::string::npos);
}

// Whatever is accepted, a reader of the grammar finds again, and nothing else.
TEST(ToIni, ReadsBackAsItWasGiven) {
  static constexpr std::string_view kLetters = "abz09_. =:/-$%#;`\"'\\[]{}\n\r\t\x01\xc3\xa4";
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same models every time
  const auto text = [&random] {
    std::string made;
    for (unsigned n = random() % 6; n > 0; --n) made += kLetters[random() % kLetters.size()];
    return made;
  };
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    Document document;
    for (unsigned n = random() % 3; n > 0; --n) {
      auto& section = document["s" + std::to_string(random() % 9)];
      section["k" + text()] = text();
      section["n"] = static_cast<std::int64_t>(random());
      section["f"] = FromFile{"/f" + text()};
    }
    const Result<std::string> printed = ToIni(document);
    if (!printed) continue;
    ++accepted;
    Texts wanted;
    for (const auto& [section, settings] : document) {
      for (const auto& [key, value] : settings) wanted[section][key] = TextOf(value);
    }
    ASSERT_EQ(Read(*printed), wanted) << *printed;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace belvedere::config::ini

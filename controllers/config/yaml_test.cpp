#include "controllers/config/yaml.h"

#include <gtest/gtest.h>

#include <random>

namespace belvedere::config {
namespace {

std::string Yaml(const Json& value) {
  const Result<std::string> text = ToYaml(value);
  EXPECT_TRUE(text.has_value());
  return text.value_or("");
}

TEST(ToYaml, WritesBlocksWithSortedKeys) {
  const Json value = {{"b", {1, "two", {{"x", true}, {"w", nullptr}}}},
                      {"a", {{"empty", Json::array()}, {"none", Json::object()}}}};
  EXPECT_EQ(Yaml(value),
            "a:\n"
            "  empty: []\n"
            "  none: {}\n"
            "b:\n"
            "  - 1\n"
            "  - two\n"
            "  - w: null\n"
            "    x: true\n");
}

TEST(ToYaml, NestsListsInLists) {
  EXPECT_EQ(Yaml(Json::array({Json::array({1, 2}), Json::array()})),
            "-\n"
            "  - 1\n"
            "  - 2\n"
            "- []\n");
}

TEST(ToYaml, QuotesWhateverAReaderCouldTakeForSomethingElse) {
  for (const char* text :
       {"true", "No",   "null", "~",   "1",        "1e3", "0x1f", ".inf", "2026-01-01", "",   " a",
        "a ",   "a: b", "a #b", "- a", "*a",       "&a",  "!a",   "%a",   "@a",         "`a", "{a",
        "[a",   "|",    ">",    "?",   "12:30:45", "=",   "<<",   "---",  "..."}) {
    EXPECT_EQ(Yaml(text), "\"" + std::string(text) + "\"\n") << text;
  }
  EXPECT_EQ(Yaml("/etc/a_b-c.d"), "/etc/a_b-c.d\n");
}

TEST(ToYaml, KeepsEveryStringOnOneLine) {
  EXPECT_EQ(Yaml("a\nb\t\"c\"\\\r\x01\x7f"), "\"a\\nb\\t\\\"c\\\"\\\\\\r\\x01\\x7F\"\n");
  EXPECT_EQ(Yaml("\xC2\x85\xE2\x80\xA8\xEF\xBB\xBF\xE2\x82\xAC"),
            "\"\\x85\\u2028\\uFEFF\xE2\x82\xAC\"\n");
}

TEST(ToYaml, RefusesWhatYamlCannotHold) {
  for (const char* text : {"\xff", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xE2\x82"}) {
    EXPECT_FALSE(ToYaml(text).has_value());
    EXPECT_FALSE(ToYaml(Json{{text, 1}}).has_value());
  }
  EXPECT_FALSE(ToYaml(std::numeric_limits<double>::infinity()).has_value());
}

TEST(ParseYaml, ReadsTypesByTheCoreSchema) {
  const Result<Json> value = ParseYaml(
      "a: 1\nb: -2.5\nc: 'yes'\nd: yes\ne: True\nf: ~\ng:\nh: \"1\"\ni: 0x10\nj: 1.2.3\n");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, (Json{{"a", 1},
                          {"b", -2.5},
                          {"c", "yes"},
                          {"d", "yes"},
                          {"e", true},
                          {"f", nullptr},
                          {"g", nullptr},
                          {"h", "1"},
                          {"i", "0x10"},
                          {"j", "1.2.3"}}));
}

TEST(ParseYaml, RefusesWhatJsonCannotHold) {
  for (const char* text :
       {"a: !!binary aGk=", "? {a: b}\n: c", "a: 1\na: 2", "--- a\n--- b", "a: ["}) {
    EXPECT_FALSE(ParseYaml(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseYaml(std::string(200, '[') + std::string(200, ']')).has_value());
}

// Random JSON that leans to what is hard to quote.
class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  Json Value(int depth) {
    switch (Below(depth > 4 ? 5 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return Below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) - (1LL << 31);
      case 3:
      case 4:
        return Text();
      case 5:
        return List(depth);
      default:
        return Map(depth);
    }
  }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

  Json List(int depth) {
    Json list = Json::array();
    for (unsigned i = Below(4); i > 0; --i) list.push_back(Value(depth + 1));
    return list;
  }

  Json Map(int depth) {
    Json map = Json::object();
    for (unsigned i = Below(4); i > 0; --i) map[Text()] = Value(depth + 1);
    return map;
  }

  std::string Text() {
    static const std::vector<std::string> kPieces{"a",
                                                  "true",
                                                  "0",
                                                  "-",
                                                  " ",
                                                  ":",
                                                  "#",
                                                  "\n",
                                                  "\"",
                                                  "\\",
                                                  "'",
                                                  "\t",
                                                  "\r",
                                                  "&",
                                                  "*",
                                                  "!",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  "%",
                                                  "@",
                                                  "$",
                                                  "${",
                                                  "\x01",
                                                  "\x7f",
                                                  "é",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xA8",
                                                  "\xF0\x9F\x98\x80"};
    std::string text;
    for (unsigned i = Below(6); i > 0; --i) text += kPieces[Below(kPieces.size())];
    return text;
  }

  std::mt19937 random_;
};

TEST(ToYaml, IsReadBackAsTheSameValue) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const Json value = RandomJson(seed).Value(0);
    const std::string text = Yaml(value);
    const Result<Json> back = ParseYaml(text);
    ASSERT_TRUE(back.has_value()) << back.error().message << "\n" << text;
    ASSERT_EQ(*back, value) << text;
    ASSERT_EQ(Yaml(*back), text);
  }
}

}  // namespace
}  // namespace belvedere::config

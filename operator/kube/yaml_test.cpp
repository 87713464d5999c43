#include "operator/kube/yaml.h"

#include <gtest/gtest.h>

namespace belvedere::kube {
namespace {

Json One(const std::string& text) {
  const auto documents = ParseYaml(text);
  EXPECT_TRUE(documents) << documents.error().message;
  if (!documents || documents->size() != 1) return Json("not one document");
  return documents->front();
}

TEST(YamlTest, ReadsScalarsAsKubectlDoes) {
  const Json read =
      One("s: word\nq: \"true\"\nb: true\ni: -12\nbig: 1e3\nf: 1.5\nn: null\nt: ~\ne:\nv: 1.2.3\n"
          "time: 12:30\nyes: yes\nx: 0x1F\ninf: .inf\ndash: '-'\nplus: +5\n");
  EXPECT_EQ(read, (Json{{"s", "word"},
                        {"q", "true"},
                        {"b", true},
                        {"i", -12},
                        {"big", 1000.0},
                        {"f", 1.5},
                        {"n", nullptr},
                        {"t", nullptr},
                        {"e", nullptr},
                        {"v", "1.2.3"},
                        {"time", "12:30"},
                        {"yes", "yes"},
                        {"x", "0x1F"},
                        {"inf", ".inf"},
                        {"dash", "-"},
                        {"plus", 5}}));
}

TEST(YamlTest, ReadsNestedDataAndSeveralDocuments) {
  EXPECT_EQ(One("a: {b: [1, two]}\nc: |\n  x\n  y\n"),
            (Json{{"a", {{"b", {1, "two"}}}}, {"c", "x\ny\n"}}));
  const auto documents = ParseYaml("---\na: 1\n---\n# nothing\n---\nb: 2\n");
  ASSERT_TRUE(documents);
  EXPECT_EQ(*documents, (std::vector<Json>{{{"a", 1}}, {{"b", 2}}}));
  EXPECT_TRUE(ParseYaml("")->empty());
}

TEST(YamlTest, ErrorsSayWhere) {
  const auto duplicate = ParseYaml("a: 1\na: 2\n");
  ASSERT_FALSE(duplicate);
  EXPECT_EQ(duplicate.error().code, ErrorCode::kDecode);
  EXPECT_EQ(duplicate.error().message, "line 2, column 1: the key \"a\" comes twice");
  for (const char* bad :
       {"a: [", "a: !!binary x", "? [a]\n: b", "a: *nothing", "a: &x [*x]", "{[a]: b}", "\tb: 1"}) {
    const auto documents = ParseYaml(bad);
    ASSERT_FALSE(documents) << bad;
    EXPECT_EQ(documents.error().message.rfind("line ", 0), 0U) << documents.error().message;
  }
  using namespace std::string_view_literals;
  for (const std::string_view bad : {"\0,"sv, "a: \4"sv, "a: \x7f"sv}) EXPECT_FALSE(ParseYaml(bad));
}

TEST(YamlTest, AliasesAreCountedWhereTheyAreUsed) {
  EXPECT_EQ(One("a: &x [1]\nb: *x\n"), (Json{{"a", {1}}, {"b", {1}}}));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int j = 0; j < 9; ++j) bomb += ", " + below;
    bomb += "]\n";
  }
  const auto documents = ParseYaml(bomb);
  ASSERT_FALSE(documents);
  EXPECT_NE(documents.error().message.find("too many values"), std::string::npos);
}

TEST(YamlTest, DepthAndSizeHaveLimits) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_FALSE(ParseYaml(deep));
  EXPECT_FALSE(ParseYaml(std::string(100'000, '[')));
  EXPECT_FALSE(ParseYaml("a: 123456789", {.bytes = 10}));
}

}  // namespace
}  // namespace belvedere::kube

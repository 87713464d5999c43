#include "operator/kube/selector.h"

#include <gtest/gtest.h>

namespace belvedere::kube {
namespace {

std::string Canonical(const char* text) {
  const auto selector = Selector::Parse(text);
  return selector ? selector->ToString() : "error: " + selector.error().message;
}

bool Matches(const char* text, const LabelMap& labels) {
  const auto selector = Selector::Parse(text);
  EXPECT_TRUE(selector) << text;
  return selector && selector->Matches(labels);
}

TEST(SelectorTest, ReadsAllOperatorsAndWritesThemCanonically) {
  EXPECT_EQ(Canonical(" e in (g , f),a==b, c!=d,!k,h notin (i),j"),
            "a=b,c!=d,e in (f,g),h!=i,j,!k");
  EXPECT_EQ(Canonical("a=b,a=b"), "a=b");
  EXPECT_EQ(Canonical(""), "");
  EXPECT_EQ(Canonical("a="), "a=");
  EXPECT_EQ(Canonical("in in (notin)"), "in=notin");
  EXPECT_EQ(Canonical("example.com/a in (x,)"), "example.com/a in (,x)");
}

TEST(SelectorTest, RefusesWhatIsNoSelector) {
  for (const char* text :
       {",", "a,", "a=b,,c", "a b", "a in b", "a in (b", "a>1", "=b", "!", "!a=b", "a=b c", "-a=b",
        "a=-b", "a/b/c=d", "/a", "a/", "A_/b", "a in (b))", "a=b\x01"}) {
    const auto selector = Selector::Parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, ErrorCode::kInvalid);
  }
  EXPECT_FALSE(Selector::Parse("a=" + std::string(64, 'x')));
}

TEST(SelectorTest, MatchesAsTheApiServerDoes) {
  const LabelMap labels{{"a", "1"}, {"b", ""}};
  EXPECT_TRUE(Matches("", labels));
  EXPECT_TRUE(Matches("a=1", labels));
  EXPECT_FALSE(Matches("a=2", labels));
  EXPECT_TRUE(Matches("a!=2", labels));
  EXPECT_TRUE(Matches("absent!=2", labels));
  EXPECT_FALSE(Matches("absent=2", labels));
  EXPECT_TRUE(Matches("a in (1,2),b", labels));
  EXPECT_FALSE(Matches("a notin (1,2)", labels));
  EXPECT_TRUE(Matches("absent notin (1)", labels));
  EXPECT_FALSE(Matches("!b", labels));
  EXPECT_TRUE(Matches("b=", labels));
}

TEST(SelectorTest, ReadsTheJsonForm) {
  const Json json{
      {"matchLabels", {{"z", "1"}}},
      {"matchExpressions", Json::array({{{"key", "a"}, {"operator", "In"}, {"values", {"y", "x"}}},
                                        {{"key", "b"}, {"operator", "NotIn"}, {"values", {"w"}}},
                                        {{"key", "c"}, {"operator", "Exists"}},
                                        {{"key", "d"}, {"operator", "DoesNotExist"}}})}};
  const auto selector = Selector::FromJson(json);
  ASSERT_TRUE(selector) << selector.error().message;
  EXPECT_EQ(selector->ToString(), "a in (x,y),b!=w,c,!d,z=1");
  EXPECT_TRUE(selector->Matches({{"a", "x"}, {"c", ""}, {"z", "1"}}));
  EXPECT_FALSE(selector->Matches({{"a", "x"}, {"c", ""}, {"d", ""}, {"z", "1"}}));
  EXPECT_EQ(Selector::FromJson(Json::object())->ToString(), "");
}

TEST(SelectorTest, RefusesBadJson) {
  const auto expression = [](Json one) {
    return Json{{"matchExpressions", Json::array({std::move(one)})}};
  };
  EXPECT_FALSE(Selector::FromJson(Json()));
  EXPECT_FALSE(Selector::FromJson({{"matchLabels", {{"a", 1}}}}));
  EXPECT_FALSE(Selector::FromJson({{"matchLabels", {{"a b", "c"}}}}));
  EXPECT_FALSE(Selector::FromJson(expression({{"key", "a"}, {"operator", "Gt"}})));
  EXPECT_FALSE(Selector::FromJson(expression({{"key", "a"}, {"operator", "In"}})));
  EXPECT_FALSE(
      Selector::FromJson(expression({{"key", "a"}, {"operator", "Exists"}, {"values", {"b"}}})));
}

}  // namespace
}  // namespace belvedere::kube

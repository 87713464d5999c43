#include "controllers/config/relabel.h"

#include <gtest/gtest.h>

namespace belvedere::config {
namespace {

using Operator = LabelRequirement::Operator;

Json RuleFor(Operator op, std::vector<std::string> values) {
  const LabelSelector selector{
      .match_labels = {},
      .match_expressions = {{.key = "a.b/c-d", .op = op, .values = std::move(values)}}};
  const std::vector<Json> rules = KeepNamespaces(selector);
  EXPECT_EQ(rules.size(), 1U);
  return rules.at(0);
}

TEST(KeepNamespaces, OfAnEmptySelectorKeepsAll) { EXPECT_TRUE(KeepNamespaces({}).empty()); }

TEST(KeepNamespaces, TellsAMissingLabelFromAnEmptyOne) {
  const Json rule = RuleFor(Operator::kIn, {"x", ""});
  EXPECT_EQ(rule["action"], "keep");
  EXPECT_EQ(rule["regex"], "true;(x|)");
  EXPECT_EQ(rule["source_labels"], (Json{"__meta_kubernetes_namespace_labelpresent_a_b_c_d",
                                         "__meta_kubernetes_namespace_label_a_b_c_d"}));
}

TEST(KeepNamespaces, FollowsEachOperator) {
  EXPECT_EQ(RuleFor(Operator::kNotIn, {"x", "y"})["action"], "drop");
  EXPECT_EQ(RuleFor(Operator::kNotIn, {"x", "y"})["regex"], "true;(x|y)");
  EXPECT_EQ(RuleFor(Operator::kExists, {})["action"], "keep");
  EXPECT_EQ(RuleFor(Operator::kDoesNotExist, {})["action"], "drop");
}

TEST(KeepNamespaces, AsksForEveryRequirement) {
  const LabelSelector selector{.match_labels = {{"a", "1"}, {"b", "2"}},
                               .match_expressions = {{.key = "c"}}};
  EXPECT_EQ(KeepNamespaces(selector).size(), 3U);
}

TEST(Quoted, LeavesNothingSpecial) {
  EXPECT_EQ(Quoted("a.b+(c)|[d]{e}^$*?\\"), R"(a\.b\+\(c\)\|\[d\]\{e\}\^\$\*\?\\)");
}

}  // namespace
}  // namespace belvedere::config

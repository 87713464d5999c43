#include "controllers/config/promql/usage.h"

#include <gtest/gtest.h>

#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/promql/testing/random_expressions.h"
#include "operator/base/testing/how_many.h"

namespace belvedere::config::promql {
namespace {

const Matcher kTenant{.label = "namespace", .op = Matcher::Op::kEqual, .value = "shop \"a\""};

TEST(PromqlUsage, NamesWhatIsRead) {
  const Usage usage =
      UsageOf(*Parse("sum by (a) (rate(x_total{b=\"c\"}[5m] offset 1h)) / on (a) "
                     "max_over_time({__name__=\"y\"}[30m:1m]) > scalar({job=\"z\"})"));
  EXPECT_EQ(usage.metrics, (std::set<std::string>{"x_total", "y"}));
  EXPECT_EQ(usage.functions, (std::set<std::string>{"max_over_time", "rate", "scalar", "sum"}));
  ASSERT_EQ(usage.selectors.size(), 3U);
  EXPECT_EQ(usage.selectors[0].name, "x_total");
  EXPECT_EQ(usage.unnamed, 1U);
  EXPECT_EQ(usage.subqueries, 1U);
  EXPECT_EQ(usage.longest_lookback, 3900);
  EXPECT_EQ(usage.seconds_read, 300 + 1800);
}

TEST(PromqlUsage, MatchersAreAddedEverywhere) {
  Expr expr = *Parse(
      "-a + sum(rate({b=\"c\"}[5m])) / topk(scalar(d), (e)) or absent(f @ end() == bool 1) or "
      "delta(g[5m:] offset 1m)");
  const Matcher mine{.label = "t", .op = Matcher::Op::kNotRegex, .value = "x.*"};
  ASSERT_TRUE(AddMatchers(expr, {&mine, 1}));
  EXPECT_EQ(Print(expr),
            R"(-a{t!~"x.*"} + sum(rate({b="c", t!~"x.*"}[5m])) / topk(scalar(d{t!~"x.*"}), )"
            R"((e{t!~"x.*"})) or absent(f{t!~"x.*"} @ end() == bool 1) )"
            R"(or delta(g{t!~"x.*"}[5m:] offset 1m))");
}

TEST(PromqlUsage, EarlierMatchersStay) {
  Expr expr = *Parse("a{namespace=\"other\"} or a{namespace=~\".*\"}");
  ASSERT_TRUE(AddMatchers(expr, {&kTenant, 1}));
  ASSERT_TRUE(AddMatchers(expr, {&kTenant, 1}));  // once more changes nothing
  EXPECT_EQ(Print(expr), R"(a{namespace="other", namespace="shop \"a\""} or )"
                         R"(a{namespace=~".*", namespace="shop \"a\""})");
}

TEST(PromqlUsage, MatchersThatWouldNotNarrowAreRefused) {
  for (const Matcher& matcher :
       {Matcher{.label = "", .value = "x"}, Matcher{.label = "__name__", .value = "x"},
        Matcher{.label = "\xFF", .value = "x"},
        Matcher{.label = "a", .op = Matcher::Op::kRegex, .value = "("}}) {
    Expr expr = *Parse("up");
    EXPECT_FALSE(AddMatchers(expr, {&matcher, 1})) << matcher.label;
    EXPECT_EQ(Print(expr), "up");
  }
}

constexpr int kExpressions = HowMany(10'000, 1000);

// Tenants: whatever the grammar can make, no selector escapes, and nothing else is changed.
TEST(PromqlUsage, NoSelectorEscapes) {
  testing::RandomExpressions random(7);
  for (int made = 0; made < kExpressions;) {
    const auto parsed = Parse(random.Make());
    if (!parsed) continue;
    ++made;
    Expr narrowed = *parsed;
    ASSERT_TRUE(AddMatchers(narrowed, {&kTenant, 1}));
    const auto read = Parse(Print(narrowed));
    ASSERT_TRUE(read) << Print(narrowed);
    ASSERT_EQ(*read, narrowed);
    Expr back = *read;
    ForEachSelector(back, [](Selector& selector) {
      ASSERT_EQ(selector.matchers.back(), kTenant);
      selector.matchers.pop_back();
    });
    ASSERT_EQ(back, *parsed) << Print(*read);
  }
}

}  // namespace
}  // namespace belvedere::config::promql

#include "controllers/config/promql/printer.h"

#include <gtest/gtest.h>

#include "controllers/config/promql/parser.h"

namespace belvedere::config::promql {
namespace {

Expr Metric(std::string name) { return Selector{.name = std::move(name)}; }

Expr Op(BinaryOp op, Expr left, Expr right) {
  return Binary{.op = op, .left = std::move(left), .right = std::move(right)};
}

TEST(PromqlPrinter, OneFormForAllSpellings) {
  const std::pair<const char*, const char*> cases[] = {
      {" SUM( up )BY(job,) ", "sum by (job) (up)"},
      {"sum by () (up)", "sum(up)"},
      {"up{}", "up"},
      {"up{ job = 'x', }[ 90s ]", "up{job=\"x\"}[1m30s]"},
      {"{'a.b'}", "{__name__=\"a.b\"}"},
      {"up offset 3600 @ START()", "up @ start() offset 1h"},
      {"up offset 0s", "up"},
      {"up[1e2:0x3c]", "up[1m40s:1m]"},
      {"up[0.0005]", "up[0.0005]"},
      {"a==bool on(x)group_left b", "a == bool on (x) group_left () b"},
      {"a+ignoring()b", "a + b"},
      {"1+on()a", "1 + a"},
      {"'\\x00\n'", nullptr},
      {"'\\x00\\n\\xff'", "\"\\x00\\n\\xff\""},
      {"1_000", "1000"},
      {"1e100", "1e+100"},
      {"60s", "1m"},
      {"-0x10", "-16"},
      {"+inf", "Inf"},
      {"sum by ('a.b', a:b) (up)", "sum by (\"a.b\", \"a:b\") (up)"},
      {"a # comment\n+ b", "a + b"},
  };
  for (const auto& [text, printed] : cases) {
    const auto parsed = Parse(text);
    ASSERT_EQ(parsed.has_value(), printed != nullptr) << text;
    EXPECT_EQ(parsed ? Print(*parsed) : "", printed == nullptr ? "" : printed) << text;
  }
}

// Trees that no parse gives, because their parentheses are not there.
TEST(PromqlPrinter, BuiltExpressionsGetTheirParentheses) {
  const Expr sum = Op(BinaryOp::kAdd, Metric("a"), Metric("b"));
  const Expr power = Op(BinaryOp::kPower, Metric("a"), Metric("b"));
  const Expr minus = Unary{.sign = Sign::kMinus, .operand = Metric("a")};
  const std::pair<Expr, const char*> cases[] = {
      {Op(BinaryOp::kMultiply, sum, sum), "(a + b) * (a + b)"},
      {Op(BinaryOp::kSubtract, sum, sum), "a + b - (a + b)"},
      {Op(BinaryOp::kPower, power, power), "(a ^ b) ^ a ^ b"},
      {Op(BinaryOp::kPower, minus, minus), "(-a) ^ -a"},
      {Op(BinaryOp::kMultiply, minus, minus), "-a * -a"},
      {Op(BinaryOp::kPower, Number{.value = -1}, Number{.value = 2}), "(-1) ^ 2"},
      {Unary{.sign = Sign::kMinus, .operand = sum}, "-(a + b)"},
      {Unary{.sign = Sign::kMinus, .operand = power}, "-a ^ b"},
      {Subquery{.operand = sum, .range = 300}, "(a + b)[5m:]"},
      {Subquery{.operand = minus, .range = 300, .step = 60}, "(-a)[5m:1m]"},
      {Metric("a.b"), "{\"a.b\"}"},
      {Metric("on"), "{\"on\"}"},
      {Selector{.name = "NaN", .matchers = {{.label = "x y", .value = "z"}}},
       "{\"NaN\", \"x y\"=\"z\"}"},
      {Op(BinaryOp::kAnd, Op(BinaryOp::kOr, Metric("a"), Metric("b")), Metric("c")),
       "(a or b) and c"},
  };
  for (const auto& [expr, printed] : cases) {
    EXPECT_EQ(Print(expr), printed);
    EXPECT_TRUE(Parse(printed)) << printed;
  }
}

}  // namespace
}  // namespace belvedere::config::promql

#include "controllers/config/promql/parser.h"

#include <gtest/gtest.h>

#include "controllers/config/promql/printer.h"
#include "controllers/config/promql/types.h"

namespace belvedere::config::promql {
namespace {

Expr Parsed(std::string_view text) {
  auto parsed = Parse(text);
  EXPECT_TRUE(parsed) << text << ": " << ToError(parsed.error()).message;
  return parsed ? *parsed : Expr(Number{});
}

// The expression with each operation in parentheses, so that one sees what binds to what.
std::string Shape(const Expr& expr) {
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    return "(" + Shape(*binary->left) + " " + std::string(OperatorOf(binary->op).text) + " " +
           Shape(*binary->right) + ")";
  }
  if (const auto* unary = std::get_if<Unary>(&expr.node)) {
    return "(" + std::string(unary->sign == Sign::kMinus ? "-" : "+") + Shape(*unary->operand) +
           ")";
  }
  if (const auto* paren = std::get_if<Paren>(&expr.node)) return Shape(*paren->operand);
  return Print(expr);
}

TEST(PromqlParser, OperatorsBindAsDocumented) {
  const std::pair<const char*, const char*> cases[] = {
      {"a + b * c ^ d", "(a + (b * (c ^ d)))"},
      {"a ^ b ^ c", "(a ^ (b ^ c))"},
      {"a - b - c", "((a - b) - c)"},
      {"a * b atan2 c % d", "(((a * b) atan2 c) % d)"},
      {"a or b and c unless d", "(a or ((b and c) unless d))"},
      {"a == b + c", "(a == (b + c))"},
      {"a > b < c", "((a > b) < c)"},
      {"a and b == c", "(a and (b == c))"},
      {"-a ^ b", "(-(a ^ b))"},
      {"-a * b", "((-a) * b)"},
      {"a ^ -b * c", "((a ^ (-b)) * c)"},
      {"a ^ -b ^ c", "(a ^ (-(b ^ c)))"},
      {"-1 ^ 2", "(-(1 ^ 2))"},
      {"- -1", "1"},
      {"-a offset 5m", "(-a offset 5m)"},
      {"a offset -2 ^ 2", "(a offset -2s ^ 2)"},
  };
  for (const auto& [text, shape] : cases) {
    EXPECT_EQ(Shape(Parsed(text)), shape) << text;
  }
}

TEST(PromqlParser, SelectorsAreKeptInFull) {
  const Expr expr = Parsed("up{job=~\"a|b\", \"c d\"!='e'}[1h30m] @ end() offset -90");
  const auto& selector = std::get<Selector>(expr.node);
  EXPECT_EQ(selector.name, "up");
  const std::vector<Matcher> matchers{{.label = "job", .op = Matcher::Op::kRegex, .value = "a|b"},
                                      {.label = "c d", .op = Matcher::Op::kNotEqual, .value = "e"}};
  EXPECT_EQ(selector.matchers, matchers);
  EXPECT_EQ(selector.range, 5400);
  EXPECT_EQ(selector.when.at, (At{.kind = At::Kind::kEnd}));
  EXPECT_EQ(selector.when.offset, -90);
  EXPECT_EQ(TypeOf(expr), ValueType::kMatrix);
}

TEST(PromqlParser, QuotedNameIsAMatcher) {
  const auto selector = std::get<Selector>(Parsed("{\"a.b\", x=\"y\"}").node);
  EXPECT_EQ(selector.name, "");
  EXPECT_EQ(selector.matchers[0],
            (Matcher{.label = "__name__", .op = Matcher::Op::kEqual, .value = "a.b"}));
}

TEST(PromqlParser, NumbersHaveTheValueThatPrometheusGivesThem) {
  const std::pair<const char*, double> cases[] = {
      {"017", 15},
      {"019", 19},
      {"0x1F", 31},
      {"1_000", 1000},
      {"1e3", 1000},
      {"5m", 300},
      {"1d1ms", 86400.001},
      {".5", 0.5},
      {"5.", 5},
      {"-2", -2},
      {"0x_ff", 255},
      {"1e-400", 0},
      {"1_0.5", 10.5},
      {"+7", 7},
      {"1y", 31536000},
      {"0777777777777777777777777", 777777777777777777777777.0}};
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(std::get<Number>(Parsed(text).node).value, value) << text;
  }
}

TEST(PromqlParser, StringsHaveTheirValue) {
  const std::pair<const char*, std::string> cases[] = {
      {"\"a\\n\\x41\\101\\u00e9\\U0001F600\"", "a\nAA\xC3\xA9\xF0\x9F\x98\x80"},
      {"'it\\'s \"x\"'", "it's \"x\""},
      {"`a\\n\"'`", "a\\n\"'"},
      {"\"\\xff\"", "\xFF"}};
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(std::get<String>(Parsed(text).node).value, value) << text;
  }
}

TEST(PromqlParser, TypesAreFound) {
  using enum ValueType;
  const std::pair<const char*, ValueType> cases[] = {
      {"1 + 2", kScalar},  {"1 + up", kVector},  {"-(up)", kVector},       {"\"x\"", kString},
      {"up[5m]", kMatrix}, {"up[5m:]", kMatrix}, {"scalar(up)", kScalar},  {"(\"x\")", kString},
      {"time()", kScalar}, {"sum(up)", kVector}, {"rate(up[5m])", kVector}};
  for (const auto& [text, type] : cases) EXPECT_EQ(TypeOf(Parsed(text)), type) << text;
}

TEST(PromqlParser, DurationsAreCalculated) {
  const std::pair<const char*, double> cases[] = {
      {"up[5m * 2]", 600},           {"up[(5 + 2) * 1m]", 420},
      {"up[2 ^ 3 ^ 1 - 3]", 5},      {"up[-2 ^ 2 + 10]", 6},
      {"up[(-2) ^ 2]", 4},           {"up[4h % 3h]", 3600},
      {"up[max_of(step(), 5s)]", 5}, {"up[MIN_OF(range() + 2m, 90s)]", 90},
      {"up[5m - -1]", 301},          {"up[1m - 5m]", -240},
  };
  for (const auto& [text, seconds] : cases) {
    const auto selector = std::get<Selector>(Parsed(text).node);
    EXPECT_EQ(selector.range->Seconds(), seconds) << text;
    EXPECT_EQ(std::get<Selector>(Parsed(Print(selector)).node), selector) << Print(selector);
  }
}

// How much of what follows belongs to the offset.
TEST(PromqlParser, OffsetsEndWherePrometheusEndsThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"a offset 5m + 1", "(a offset 5m + 1)"},
      {"a offset -5m + 1", "(a offset -5m + 1)"},
      {"a offset -(5m) + b", "(a offset -5m + b)"},
      {"a offset step() + b", "(a offset step() + b)"},
      {"a offset -max_of(1, 2) * b", "(a offset -max_of(1s, 2s) * b)"},
      {"a offset (5m) + 1", "a offset +(5m + 1s)"},
      {"a offset --5m + 1", "a offset +(5m + 1s)"},
      {"a offset +(5m * 2) + b", "(a offset +(5m * 2s) + b)"},
      {"a offset (5m) > b", "(a offset 5m > b)"},
  };
  for (const auto& [text, shape] : cases) EXPECT_EQ(Shape(Parsed(text)), shape) << text;
}

struct Refused {
  const char* text;
  std::size_t line, column;
  Problem::Kind kind;
};

TEST(PromqlParser, ProblemsSayWhere) {
  using enum Problem::Kind;
  const Refused cases[] = {
      {"", 1, 1, kSyntax},
      {"up +\n  # why\n  )", 3, 3, kSyntax},
      {"up{a=~\"(\"}", 1, 4, kSyntax},
      {"1 + \"x\"", 1, 5, kType},
      {"sum(\n  rate(up))", 2, 8, kType},
      {"up[5m", 1, 6, kSyntax},
      {"rate(up[5m]) offset 5m", 1, 14, kSyntax},
      {"up[1m / 0]", 1, 7, kSyntax},
      {"up offset (5m) + up", 1, 18, kSyntax},
      {"up + info(up)", 1, 6, kExperimental},
      {"up smoothed", 1, 4, kExperimental},
      {"unknown(1)", 1, 1, kSyntax},
      {"\xC3\xA9", 1, 1, kSyntax},
      {"'\xC3\xA9' + \"\\q\"", 1, 9, kSyntax},
  };
  for (const Refused& want : cases) {
    const auto parsed = Parse(want.text);
    ASSERT_FALSE(parsed) << want.text;
    EXPECT_EQ(parsed.error().line, want.line) << want.text;
    EXPECT_EQ(parsed.error().column, want.column) << want.text;
    EXPECT_EQ(parsed.error().kind, want.kind) << want.text << ": " << parsed.error().message;
  }
  EXPECT_EQ(ToError(Parse("up{a=\"b\"} )").error()).message,
            "1:11: unexpected \")\", expected an operator or the end");
}

std::string Repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// Each of these would be some ten thousand levels deep.
TEST(PromqlParser, NoTextExhaustsTheStack) {
  const std::size_t many = kMostBytes / 4;
  const std::string hostile[] = {
      Repeated("(", many),
      Repeated("-", many) + "a",
      Repeated("- ", many) + "1",
      Repeated("a+", many) + "a",
      Repeated("2^", many) + "2",
      Repeated("abs(", many),
      Repeated("sum(", many),
      "a" + Repeated("[5m:]", many / 2),
      Repeated("(a+", many / 2),
      Repeated("(a+", 100) + "a" + Repeated("+a)", 100) + Repeated("+a", many / 2),
      "{a=~\"" + Repeated("(", many) + "\"}",
      "{a=~\"" + Repeated("(", 1000) + Repeated(")", 1000) + "\",b=\"c\"}",
      "up[" + Repeated("-", many) + "5m]",
      "up[" + Repeated("(", many) + "5m]",
      "up[1" + Repeated("+1", many) + "]",
      "up[1" + Repeated("^1", many) + "]",
      "up offset " + Repeated("max_of(1,", many / 4) + "5m",
      "up" + Repeated(" offset 0s", many / 4),
      Repeated("a", kMostBytes + 1),
      "sum by (" + Repeated("a,", many) + ") (up)",
  };
  for (const std::string& text : hostile) {
    const auto parsed = Parse(text);
    if (!parsed) continue;
    const auto again = Parse(Print(*parsed));
    ASSERT_TRUE(again) << text.substr(0, 40);
    EXPECT_EQ(*again, *parsed) << text.substr(0, 40);
  }
  EXPECT_EQ(Parse(hostile[3]).error().kind, Problem::Kind::kLimit);
  EXPECT_EQ(Parse(Repeated("(", 10'000)).error().kind, Problem::Kind::kLimit);
}

TEST(PromqlParser, ReasonableDepthIsTaken) {
  EXPECT_TRUE(Parse(Repeated("(", 100) + "up" + Repeated(")", 100)));
  EXPECT_TRUE(Parse("up" + Repeated(" or up", 200)));
}

}  // namespace
}  // namespace belvedere::config::promql

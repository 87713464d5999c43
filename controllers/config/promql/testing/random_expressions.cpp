#include "controllers/config/promql/testing/random_expressions.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "controllers/config/promql/functions.h"

namespace belvedere::config::promql::testing {
namespace {

using std::string_view;

constexpr string_view kNumbers[] = {
    "0",     "1",    "2.5", ".5",    "1.",    "1e3",  "1E-3",  "0x1F", "0x_ff", "017",   "09",
    "1_0",   "inf",  "NaN", "5m",    "1h30m", "1d",   "100ms", "1e+3", "0x1e",  "1_2.5", "08_1",
    "1e400", "1__0", "0x",  "1.5.5", "1e",    "1m1h", "5mm",   "1y2w", "0b1",   "1_",    "0x1e+1"};
constexpr string_view kDurations[] = {"5m",    "1h30m", "30s", "1d",   "1w", "100ms", "300", "0.5",
                                      "0x10",  "1e2",   "+5m", "--1m", "1y", "0s",    "-5m", "1m1h",
                                      "1m+1m", "(5m)",  "5",   "12d",  "1h", "90s",   "2m",  "10m"};
constexpr string_view kMetrics[] = {
    "foo",   "bar_total", "job:x:rate5m", ":a",  "sum",   "by",          "and",     "offset",
    "start", "step",      "Foo1",         "__x", "up",    "a",           "without", "fill",
    "inf1",  "anchored",  "bool",         "on",  "atan2", "count_values"};
constexpr string_view kLabels[] = {"job",      "a",   "le",  "by", "offset",
                                   "__name__", "_x1", "sum", "on"};
constexpr string_view kQuoted[] = {R"("a.b")", "'x y'", "`raw`",     R"("\u00e9")",
                                   R"("job")", R"("")", R"("\x41")", "\"\xC3\xA9\""};
constexpr string_view kValues[] = {
    R"("x")",     R"('it''s')",  R"("")",        R"("a|b")",          R"(".*")",        R"(".+")",
    R"("a.*b")",  R"("[a-z]+")", R"("(?i)x")",   R"("a{2,3}")",       R"("\\d+")",      "`\\w*`",
    R"("x\n")",   R"r("(a|)")r", R"("^$")",      R"("a**")",          R"("[z-a]")",     R"("(a")",
    R"("\\pL?")", R"("a|")",     R"("\\bx?")",   R"("x{1001}")",      R"("(?P<n>x)?")", R"("\\q")",
    R"r("()")r",  R"("*")",      R"("\\Q*\\E")", R"("[[:alpha:]]?")", R"("\\b")",       R"("\\B")"};
constexpr string_view kOperators[] = {"+",  "-",      "*",  "/",  "%",  "^",  "atan2",
                                      "==", "!=",     "<",  ">",  "<=", ">=", "and",
                                      "or", "unless", "</", ">/", "AND"};
constexpr string_view kPieces[] = {
    "(",      ")",          "[",         "]",     "{",      "}",      ",",       ":",        "@",
    "offset", "by",         "on",        "bool",  "and",    "5m",     "1e",      "0x",       "_",
    "\"",     "'",          "`",         "\\",    "#",      "\n",     "inf",     "NaN",      "sum",
    "rate",   "foo",        "=",         "=~",    "!~",     "!=",     "==",      "<",        ">",
    "</",     "^",          "-",         "+",     "atan2",  "unless", "without", " ",        ".",
    "7",      "group_left", "start()",   "end()", "step()", "(a)",    "e",       "ignoring", "[5m]",
    "[1h:]",  "{}",         "{a=\"b\"}", "\"x\"", "!",      "|",      "%",       "*",        "/",
    ";",      "\xC3\xA9",   "\t",        "0",     "s",      "or",     "fill(1)"};

}  // namespace

std::string RandomExpressions::Make() { return Blank() + Any(4) + Blank(); }

std::string RandomExpressions::Mutated(std::string text) {
  for (unsigned times = 1 + Below(2); times > 0; --times) {
    const std::size_t at = Below(static_cast<unsigned>(text.size()) + 1);
    const std::size_t length = 1 + Below(3);
    switch (Below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, OneOf(kPieces));
        break;
      case 2:
        text.replace(at, std::min(length, text.size() - at), OneOf(kPieces));
        break;
      default:
        text.insert(Below(static_cast<unsigned>(text.size()) + 1), text.substr(at, length * 3));
        break;
    }
  }
  return text;
}

std::string RandomExpressions::Regex() {
  constexpr string_view kParts[] = {"a",
                                    "b",
                                    ".",
                                    "x*",
                                    "y+",
                                    "z?",
                                    "*",
                                    "+",
                                    "?",
                                    "|",
                                    "|",
                                    "(",
                                    ")",
                                    "(?:",
                                    "(?i)",
                                    "(?i-s:",
                                    "(?P<n>",
                                    "(?<n>",
                                    "[",
                                    "]",
                                    "[^",
                                    "[a-z]",
                                    "[^\\d]",
                                    "[[:alpha:]]",
                                    "[:digit:]",
                                    "^",
                                    "$",
                                    "\\b",
                                    "\\B",
                                    "\\A",
                                    "\\z",
                                    "\\d",
                                    "\\W",
                                    "\\pL",
                                    "\\p{Lu}",
                                    "\\P{^Greek}",
                                    "\\Q",
                                    "\\E",
                                    "{2}",
                                    "{1,3}",
                                    "{0,}",
                                    "{0}",
                                    "{",
                                    "}",
                                    ",",
                                    "{1000}",
                                    "{11}",
                                    "\\",
                                    "\\.",
                                    "\\x41",
                                    "\\x{1F600}",
                                    "\\07",
                                    "\\1",
                                    "-",
                                    "()",
                                    "(a|)",
                                    "{,3}",
                                    "\\n",
                                    "\xC3\xA9",
                                    "(?",
                                    "(?-)",
                                    "(?)",
                                    "\\C",
                                    "]",
                                    "[]a]",
                                    "[z-a]",
                                    "\\p{",
                                    "\\p{Old_Italic}",
                                    "\\p{lowercase_letter}",
                                    ":",
                                    "=",
                                    "<"};
  std::string text;
  for (unsigned count = Below(7); count > 0; --count) text += OneOf(kParts);
  return text;
}

std::string RandomExpressions::Blank() {
  constexpr string_view kBlanks[] = {"", "", "", "", " ", " ", "\n", " # a comment\n", "\t"};
  return OneOf(kBlanks);
}

std::string RandomExpressions::Any(int depth) {
  switch (Below(8)) {
    case 0:
      return Scalar(depth);
    case 1:
      return Below(4) == 0 ? Text() : Matrix(depth);
    default:
      return Vector(depth);
  }
}

std::string RandomExpressions::Scalar(int depth) {
  if (Below(40) == 0) return Vector(depth);
  switch (depth <= 0 ? 0 : Below(6)) {
    case 1:
      return Call(depth, 's');
    case 2:
      return Scalar(depth - 1) + " " + OneOf(kOperators) + (Below(3) == 0 ? " bool " : " ") +
             Scalar(depth - 1);
    case 3:
      return "(" + Blank() + Scalar(depth - 1) + ")";
    case 4:
      return "-" + Blank() + Scalar(depth - 1);
    default:
      return Number();
  }
}

std::string RandomExpressions::Vector(int depth) {
  if (Below(60) == 0) return Matrix(depth);
  switch (depth <= 0 ? 0 : Below(10)) {
    case 1:
    case 2:
      return Call(depth, 'v');
    case 3:
    case 4:
      return Aggregation(depth);
    case 5:
    case 6:
      return Operation(depth);
    case 7:
      return "(" + Blank() + Vector(depth - 1) + Blank() + ")";
    case 8:
      return (Below(4) == 0 ? "+" : "-") + Vector(depth - 1);
    default:
      return Selector() + When();
  }
}

std::string RandomExpressions::Matrix(int depth) {
  if (depth <= 0 || Below(3) != 0) {
    return Selector() + Blank() + "[" + (Below(6) == 0 ? Blank() : "") + Duration() + Blank() +
           "]" + When();
  }
  const std::string step = Below(2) == 0 ? "" : Duration();
  return Vector(depth - 1) + "[" + Duration() + ":" + Blank() + step + "]" + When();
}

std::string RandomExpressions::Text() { return Below(2) == 0 ? OneOf(kQuoted) : OneOf(kValues); }

std::string RandomExpressions::Number() { return OneOf(kNumbers); }

std::string RandomExpressions::Duration() {
  return Below(5) == 0 ? DurationPart(3) : OneOf(kDurations);
}

std::string RandomExpressions::DurationPart(int depth) {
  constexpr string_view kCalls[] = {"step()", "range()", "STEP ( )", "step", "sum()"};
  switch (depth <= 0 ? 0 : Below(8)) {
    case 1:
      return OneOf(kCalls);
    case 2:
      return (Below(2) == 0 ? "min_of(" : "max_of(") + DurationPart(depth - 1) + "," + Blank() +
             DurationPart(depth - 1) + ")";
    case 3:
      return "(" + Blank() + DurationPart(depth - 1) + ")";
    case 4:
      return (Below(2) == 0 ? "-" : "+") + DurationPart(depth - 1);
    case 5:
    case 6:
      return DurationPart(depth - 1) + " " +
             OneOf(std::span(kOperators).first(Below(8) == 0 ? 9 : 6)) + Blank() +
             DurationPart(depth - 1);
    default:
      return OneOf(kDurations);
  }
}

std::string RandomExpressions::Selector() {
  std::string text = Below(8) == 0 ? "" : OneOf(kMetrics);
  if (!text.empty() && Below(2) == 0) return text;
  text += Blank() + "{" + Blank();
  for (unsigned count = Below(4); count > 0; --count) {
    text += Matcher() + Blank() + (count > 1 || Below(4) == 0 ? "," : "") + Blank();
  }
  return text + "}";
}

std::string RandomExpressions::Matcher() {
  constexpr string_view kOps[] = {"=", "=", "!=", "=~", "!~"};
  if (Below(12) == 0) return OneOf(kQuoted);
  const std::string label = Below(6) == 0 ? OneOf(kQuoted) : OneOf(kLabels);
  return label + Blank() + OneOf(kOps) + Blank() + OneOf(kValues);
}

std::string RandomExpressions::When() {
  constexpr string_view kTimes[] = {"start()",   "end()", "1609746000", "-5",   "5m",
                                    "START ( )", "inf",   "1e30",       "+1.5", "--1"};
  std::string text;
  for (unsigned count = Below(10) / 7; count > 0; --count) {
    text += Below(2) == 0 ? Blank() + "@" + Blank() + OneOf(kTimes) : " offset " + Duration();
  }
  return text;
}

std::string RandomExpressions::Labels() {
  std::string text = "(";
  for (unsigned count = Below(4); count > 0; --count) {
    text += Blank() + (Below(6) == 0 ? OneOf(kQuoted) : OneOf(kLabels));
    text += count > 1 || Below(8) == 0 ? "," : "";
  }
  return text + ")";
}

std::string RandomExpressions::Operation(int depth) {
  std::string text = (Below(5) == 0 ? Scalar(depth - 1) : Vector(depth - 1)) + " ";
  text += OneOf(kOperators) + " ";
  if (Below(5) == 0) text += "bool ";
  if (Below(3) == 0) {
    text += (Below(2) == 0 ? "on" : "ignoring") + Blank() + Labels() + " ";
    if (Below(3) == 0) text += (Below(2) == 0 ? "group_left" : "GROUP_RIGHT") + Labels() + " ";
  }
  return text + (Below(5) == 0 ? Scalar(depth - 1) : Vector(depth - 1));
}

std::string RandomExpressions::Aggregation(int depth) {
  const auto aggregations = Aggregations();
  const promql::Aggregation& chosen =
      aggregations[Below(static_cast<unsigned>(aggregations.size()))];
  std::string arguments = "(" + Blank();
  if (chosen.parameter == promql::Aggregation::Parameter::kScalar)
    arguments += Scalar(depth - 1) + ",";
  if (chosen.parameter == promql::Aggregation::Parameter::kString) arguments += Text() + ", ";
  arguments += Vector(depth - 1) + Blank() + ")";
  const std::string name(chosen.name);
  const std::string grouping = std::string(Below(2) == 0 ? "by" : "without") + Blank() + Labels();
  switch (Below(3)) {
    case 0:
      return name + " " + grouping + Blank() + arguments;
    case 1:
      return name + arguments + Blank() + grouping;
    default:
      return name + Blank() + arguments;
  }
}

std::string RandomExpressions::Call(int depth, char returns) {
  std::vector<const Function*> fitting;
  const ValueType type = returns == 's' ? ValueType::kScalar : ValueType::kVector;
  for (const Function& function : Functions()) {
    const bool rare = function.stability == Stability::kExperimental && Below(10) != 0;
    if (function.returns == type && !rare) fitting.push_back(&function);
  }
  const Function& function = *fitting[Below(static_cast<unsigned>(fitting.size()))];
  int count = static_cast<int>(function.arguments.size());
  if (function.repeats != 0) count += static_cast<int>(Below(3)) - 1;
  if (Below(30) == 0) count += static_cast<int>(Below(3)) - 1;
  std::string text = std::string(function.name) + Blank() + "(";
  for (std::size_t i = 0; static_cast<int>(i) < std::min(count, 6); ++i) {
    const std::size_t last = function.arguments.empty() ? 0 : function.arguments.size() - 1;
    const char argument = function.arguments.empty() ? 's' : function.arguments[std::min(i, last)];
    text += (i > 0 ? "," : "") + Blank() + Argument(depth - 1, argument);
  }
  return text + Blank() + ")";
}

std::string RandomExpressions::Argument(int depth, char type) {
  if (type == 's') return Scalar(depth);
  if (type == 'm') return Matrix(depth);
  return type == 't' ? Text() : Vector(depth);
}

}  // namespace belvedere::config::promql::testing

#include "controllers/config/promql/parser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "controllers/config/promql/cursor.h"
#include "controllers/config/promql/duration_parser.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/regex.h"
#include "controllers/config/promql/types.h"

// The grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/ and operators/. Where
// those leave a choice, Prometheus 3.14 itself decides (promql/parser/generated_parser.y).
namespace belvedere::config::promql {
namespace {

using Kind = Token::Kind;

// A word that is no label in by(), on() and the like; inf and nan are numbers anyway.
constexpr std::string_view kNoLabel = "without";

class Parser : private Cursor {
 public:
  explicit Parser(std::string_view text) : Cursor(text, kMostLevels) {}

  tl::expected<Expr, Problem> ParseAll() {
    if (token().kind == Kind::kEnd) Refuse(0, "there is no expression");
    Expr expr = ParseBinary(0);
    if (token().kind != Kind::kEnd) Unexpected("an operator or the end");
    if (problem()) return tl::unexpected(*problem());
    if (std::optional<Misfit> misfit = CheckTypes(expr)) {
      return tl::unexpected(ProblemAt(text(), misfit->where->begin, Problem::Kind::kType,
                                      std::move(misfit->message)));
    }
    return expr;
  }

 private:
  // Notes where a finished expression stands, and how high it is.
  Expr Finish(Expr expr, std::size_t begin) {
    expr.begin = begin;
    expr.end = last_end();
    for (const Expr* child : Children(std::as_const(expr))) {
      expr.height = std::max(expr.height, child->height + 1);
    }
    if (expr.height > kMostLevels) TooDeep();
    return expr;
  }

  // Operators.
  Expr ParseBinary(int least_precedence);
  Expr ParseUnary();
  Matching ParseMatching();
  std::vector<std::string> ParseLabels();
  std::string ParseLabel();

  // What stands behind an expression.
  Expr ParsePostfix();
  Expr ParseBrackets(Expr expr);
  void ParseOffsetOf(Expr& expr);
  void ParseAt(Expr& expr);
  When* WhenOf(Expr& expr, std::string_view modifier);

  // What an expression begins with.
  Expr ParsePrimary();
  Expr ParseWord();
  Expr ParseCall(const Token& name);
  Expr ParseAggregate(const Token& name, const Aggregation& aggregation);
  void ParseGrouping(Aggregate& aggregate);
  std::vector<Expr> ParseArguments();
  Expr ParseSelector(std::string name, std::size_t begin);
  Matcher ParseMatcher();
};

Expr Parser::ParseBinary(int least_precedence) {
  const Level level(*this);
  const std::size_t begin = token().begin;
  Expr left = ParseUnary();
  while (const BinaryOperator* op = AtBinary()) {
    if (op->precedence < least_precedence) break;
    Advance();
    Binary::Result result = Binary::Result::kFilter;
    if (AcceptWord("bool")) result = Binary::Result::kBool;
    Matching matching = ParseMatching();
    Expr right = ParseBinary(op->RightPrecedence());
    left = Finish(Binary{.op = op->op,
                         .left = std::move(left),
                         .right = std::move(right),
                         .result = result,
                         .matching = std::move(matching)},
                  begin);
  }
  return left;
}

Expr Parser::ParseUnary() {
  if (!AtSign()) return ParsePostfix();
  const std::size_t begin = token().begin;
  const Sign sign = TakeSign();
  Expr operand = ParseBinary(kSignPrecedence + 1);
  if (auto* number = std::get_if<Number>(&operand.node)) {
    if (sign == Sign::kMinus) number->value = -number->value;
    return Finish(*number, begin);
  }
  return Finish(Unary{.sign = sign, .operand = std::move(operand)}, begin);
}

Matching Parser::ParseMatching() {
  Matching matching;
  if (AtWord("on")) matching.by = Matching::By::kOn;
  if (!AcceptWord("on") && !AcceptWord("ignoring")) return matching;
  matching.labels = ParseLabels();
  if (AtWord("group_left")) matching.group = Matching::Group::kLeft;
  if (AtWord("group_right")) matching.group = Matching::Group::kRight;
  if (matching.group == Matching::Group::kNone) return matching;
  Advance();
  if (At("(")) matching.include = ParseLabels();
  return matching;
}

std::vector<std::string> Parser::ParseLabels() {
  std::vector<std::string> labels;
  Want("(");
  while (!Accept(")") && !problem()) {
    labels.push_back(ParseLabel());
    if (!At(")")) Want(",");
  }
  return labels;
}

std::string Parser::ParseLabel() {
  const bool text = token().kind == Kind::kString;
  const bool word = token().kind == Kind::kWord || token().kind == Kind::kColonWord;
  if ((!text && !word) || AtWord(kNoLabel)) Unexpected("a label");
  if (text && (token().text.empty() || !IsUtf8(token().text))) Unexpected("the name of a label");
  return Take().text;
}

Expr Parser::ParsePostfix() {
  const std::size_t begin = token().begin;
  Expr expr = ParsePrimary();
  while (true) {
    if (At("[")) {
      expr = ParseBrackets(std::move(expr));
    } else if (AtWord("offset")) {
      ParseOffsetOf(expr);
    } else if (At("@")) {
      ParseAt(expr);
    } else {
      if (AtWord("anchored") || AtWord("smoothed")) Experimental(token(), "such selectors");
      return expr;
    }
    expr = Finish(std::move(expr), begin);
  }
}

Expr Parser::ParseBrackets(Expr expr) {
  const std::size_t at = token().begin;
  Want("[");
  Duration range = ParseRange(*this);
  if (Accept(":")) {
    Subquery subquery{.operand = std::move(expr), .range = std::move(range)};
    if (!At("]")) subquery.step = ParseRange(*this);
    Want("]");
    return subquery;
  }
  Want("]");
  auto* selector = std::get_if<Selector>(&expr.node);
  if (selector == nullptr || selector->range) {
    Refuse(at, "only a vector selector can have a range");
    return expr;
  }
  // Prometheus does not mind @ start(), @ end() and offsets that are calculated.
  const bool at_time = selector->when.at && selector->when.at->kind == At::Kind::kTime;
  if (at_time || (selector->when.offset.IsLiteral() && selector->when.offset.seconds != 0)) {
    Refuse(at, "offset and @ stand behind the range");
  }
  selector->range = std::move(range);
  return expr;
}

When* Parser::WhenOf(Expr& expr, std::string_view modifier) {
  if (auto* selector = std::get_if<Selector>(&expr.node)) return &selector->when;
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) return &subquery->when;
  Refuse(token().begin, std::string(modifier) + " may only stand behind a selector or a subquery");
  return nullptr;
}

void Parser::ParseOffsetOf(Expr& expr) {
  When* const when = WhenOf(expr, "offset");
  if (when == nullptr) return;
  const Token word = Take();
  Duration offset = ParseOffset(*this);
  if (when->offset != Duration(0)) Refuse(word.begin, "there are two offsets");
  if (!offset.IsNone()) when->offset = std::move(offset);
}

void Parser::ParseAt(Expr& expr) {
  When* const when = WhenOf(expr, "@");
  if (when == nullptr) return;
  const Token sign = Take();
  if (when->at) Refuse(sign.begin, "there are two @");
  if (AtWord("start") || AtWord("end")) {
    when->at = {.kind = AtWord("start") ? At::Kind::kStart : At::Kind::kEnd};
    Advance();
    Want("(");
    Want(")");
    return;
  }
  const bool minus = token().Is(Kind::kOperator, "-");
  if (AtSign()) Advance();
  if (!AtNumber()) Unexpected("a time");
  const double seconds = TakeNumber().value;
  constexpr double kMost = 9223372036854775808.0;
  if (!(std::abs(seconds) < kMost)) {
    Refuse(sign.begin, "the time behind @ is out of bounds");
  }
  when->at = {.seconds = minus ? -seconds : seconds};
}

Expr Parser::ParsePrimary() {
  const std::size_t begin = token().begin;
  if (AtNumber()) {
    const Number number = TakeNumber();
    return Finish(number, begin);
  }
  if (token().kind == Kind::kString) {
    String text{.value = Take().text};
    return Finish(std::move(text), begin);
  }
  if (Accept("(")) {
    Paren paren{.operand = ParseBinary(0)};
    Want(")");
    return Finish(std::move(paren), begin);
  }
  if (token().kind == Kind::kWord || token().kind == Kind::kColonWord) return ParseWord();
  if (At("{")) return ParseSelector("", begin);
  Unexpected("an expression");
  return Number{};
}

Expr Parser::ParseWord() {
  const Token name = Take();
  const Aggregation* aggregation = FindAggregation(name.text);
  const bool calls = At("(");
  if (aggregation != nullptr && (calls || AtWord("by") || AtWord("without"))) {
    return ParseAggregate(name, *aggregation);
  }
  if (calls) return ParseCall(name);
  if (!IsPlainMetric(name.text)) {
    Refuse(name.begin, "unexpected " + Quote(name.text) + ", expected an expression");
  }
  return ParseSelector(name.text, name.begin);
}

Expr Parser::ParseCall(const Token& name) {
  const Function* function = FindFunction(name.text);
  if (function == nullptr) {
    Refuse(name.begin, "there is no function " + Quote(name.text));
    return Number{};
  }
  if (function->stability == Stability::kExperimental) {
    Experimental(name, "functions like " + name.text + "()");
  }
  Call call{.function = function, .arguments = ParseArguments()};
  return Finish(std::move(call), name.begin);
}

Expr Parser::ParseAggregate(const Token& name, const Aggregation& aggregation) {
  Aggregate aggregate{.aggregation = &aggregation, .operand = Expr(Number{})};
  const bool before = !At("(");
  if (before) ParseGrouping(aggregate);
  std::vector<Expr> arguments = ParseArguments();
  if (!before && (AtWord("by") || AtWord("without"))) ParseGrouping(aggregate);
  if (aggregation.stability == Stability::kExperimental) {
    Experimental(name, "aggregations like " + std::string(aggregation.name) + "()");
  }
  const bool parameter = aggregation.parameter != Aggregation::Parameter::kNone;
  if (arguments.size() != (parameter ? 2 : 1)) {
    Refuse(name.begin, std::string(aggregation.name) + "() takes " +
                           (parameter ? "two arguments" : "one argument"));
    return Number{};
  }
  if (parameter) aggregate.parameter = std::move(arguments.front());
  aggregate.operand = std::move(arguments.back());
  return Finish(std::move(aggregate), name.begin);
}

void Parser::ParseGrouping(Aggregate& aggregate) {
  if (AtWord("without")) aggregate.grouping = Aggregate::Grouping::kWithout;
  Advance();
  aggregate.labels = ParseLabels();
}

std::vector<Expr> Parser::ParseArguments() {
  std::vector<Expr> arguments;
  Want("(");
  if (Accept(")")) return arguments;
  do {
    arguments.push_back(ParseBinary(0));
  } while (Accept(","));
  Want(")");
  return arguments;
}

Expr Parser::ParseSelector(std::string name, std::size_t begin) {
  Selector selector{.name = std::move(name)};
  if (Accept("{")) {
    while (!Accept("}") && !problem()) {
      selector.matchers.push_back(ParseMatcher());
      if (!At("}")) Want(",");
    }
  }
  return Finish(std::move(selector), begin);
}

Matcher Parser::ParseMatcher() {
  constexpr std::array<std::pair<std::string_view, Matcher::Op>, 4> kOps{
      {{"=", Matcher::Op::kEqual},
       {"!=", Matcher::Op::kNotEqual},
       {"=~", Matcher::Op::kRegex},
       {"!~", Matcher::Op::kNotRegex}}};
  const Token name = token();
  if (name.kind != Kind::kWord && name.kind != Kind::kString) Unexpected("a label or \"}\"");
  Advance();
  const auto* op = std::ranges::find(kOps, token().text, [](const auto& row) { return row.first; });
  const bool has_op = token().kind == Kind::kMatch || token().kind == Kind::kOperator;
  if (!has_op && name.kind == Kind::kString) {
    return {.label = std::string(kNameLabel), .op = Matcher::Op::kEqual, .value = name.text};
  }
  if (!has_op || op == kOps.end()) {
    Unexpected("an operator");
    return {};
  }
  Advance();
  if (token().kind != Kind::kString) Unexpected("a string");
  Matcher matcher{.label = name.text, .op = op->second, .value = Take().text};
  const bool regex = matcher.op == Matcher::Op::kRegex || matcher.op == Matcher::Op::kNotRegex;
  if (!regex) return matcher;
  if (const auto checked = CheckRegex(matcher.value); !checked) {
    Refuse(name.begin, "bad regular expression: " + checked.error());
  }
  return matcher;
}

}  // namespace

tl::expected<Expr, Problem> Parse(std::string_view text) { return Parser(text).ParseAll(); }

}  // namespace belvedere::config::promql

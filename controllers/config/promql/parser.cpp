#include "controllers/config/promql/parser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "controllers/config/promql/lexer.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/regex.h"
#include "controllers/config/promql/types.h"

// The grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/ and operators/. Where
// those leave a choice, Prometheus 3.14 itself decides (promql/parser/generated_parser.y).
namespace belvedere::config::promql {
namespace {

using Kind = Token::Kind;
using Trouble = Problem::Kind;

// Words that are no label in by(), on() and the like; inf and nan are numbers anyway.
constexpr std::string_view kNoLabel = "without";
// Words that Prometheus calls functions and durations, none of which it takes without a flag.
constexpr std::array<std::string_view, 4> kDurationWords{"step", "range", "max_of", "min_of"};

bool IsOneOf(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::find(words, LowerCase(text)) != words.end();
}

// After the first problem every token is the end, so that all that is under way comes to an end as
// well; what it makes then is of no account.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {
    if (text.size() > kMostBytes) Fail(0, Trouble::kLimit, "the expression is too long");
    Advance();
  }

  tl::expected<Expr, Problem> ParseAll() {
    if (token_.kind == Kind::kEnd) Fail(0, Trouble::kSyntax, "there is no expression");
    Expr expr = ParseBinary(0);
    if (token_.kind != Kind::kEnd) Unexpected("an operator or the end");
    if (problem_) return tl::unexpected(*problem_);
    if (std::optional<Misfit> misfit = CheckTypes(expr)) {
      return tl::unexpected(
          ProblemAt(text_, misfit->where->begin, Trouble::kType, std::move(misfit->message)));
    }
    return expr;
  }

 private:
  // Counts how deep calls are nested.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser.levels_ > kMostLevels) parser.TooDeep();
    }
    ~Level() { --parser_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  void Fail(Problem problem) {
    if (!problem_) problem_ = std::move(problem);
    token_ = {.kind = Kind::kEnd, .text = {}, .begin = text_.size(), .end = text_.size()};
  }
  void Fail(std::size_t offset, Trouble kind, std::string message) {
    Fail(ProblemAt(text_, offset, kind, std::move(message)));
  }
  void TooDeep() { Fail(token_.begin, Trouble::kLimit, "the expression is nested too deeply"); }
  void Unexpected(std::string_view wanted) {
    const std::string seen = token_.kind == Kind::kEnd
                                 ? "end"
                                 : Quote(text_.substr(token_.begin, token_.end - token_.begin));
    Fail(token_.begin, Trouble::kSyntax,
         "unexpected " + seen + ", expected " + std::string(wanted));
  }
  void Experimental(const Token& token, std::string_view what) {
    Fail(token.begin, Trouble::kExperimental,
         std::string(what) + " are experimental, and not enabled");
  }

  void Advance() {
    last_end_ = token_.end;
    if (problem_) return;
    tl::expected<Token, Problem> next = lexer_.Next();
    if (!next) return Fail(std::move(next.error()));
    token_ = std::move(*next);
  }
  Token Take() {
    Token taken = token_;
    Advance();
    return taken;
  }
  bool At(std::string_view punctuation) const { return token_.Is(Kind::kPunctuation, punctuation); }
  bool AtOperator(std::string_view text) const { return token_.Is(Kind::kOperator, text); }
  bool AtSign() const { return AtOperator("+") || AtOperator("-"); }
  bool AtNumber() const { return token_.kind == Kind::kNumber || token_.kind == Kind::kDuration; }
  bool AtWord(std::string_view word) const {
    return token_.kind == Kind::kWord && LowerCase(token_.text) == word;
  }
  bool Accept(std::string_view punctuation) {
    if (!At(punctuation)) return false;
    Advance();
    return true;
  }
  bool AcceptWord(std::string_view word) {
    if (!AtWord(word)) return false;
    Advance();
    return true;
  }
  void Want(std::string_view punctuation) {
    if (!Accept(punctuation)) Unexpected(Quote(punctuation));
  }
  Sign TakeSign() { return Take().text == "-" ? Sign::kMinus : Sign::kPlus; }

  // Notes where a finished expression stands, and how high it is.
  Expr Finish(Expr expr, std::size_t begin) {
    expr.begin = begin;
    expr.end = last_end_;
    for (const Expr* child : Children(std::as_const(expr))) {
      expr.height = std::max(expr.height, child->height + 1);
    }
    if (expr.height > kMostLevels) TooDeep();
    return expr;
  }

  // Operators.
  const BinaryOperator* AtBinary() const;
  Expr ParseBinary(int least_precedence);
  Expr ParseUnary();
  Matching ParseMatching();
  std::vector<std::string> ParseLabels();
  std::string ParseLabel();

  // What stands behind an expression.
  Expr ParsePostfix();
  Expr ParseBrackets(Expr expr);
  void ParseOffset(Expr& expr);
  void ParseAt(Expr& expr);
  When* WhenOf(Expr& expr, std::string_view modifier);

  // Numbers and durations.
  Number ParseNumberToken();
  double ParseDuration();
  double ParseSignedDuration();
  double ParseOffsetDuration();
  enum class Place { kBrackets, kOffset };
  void RefuseArithmetic(Place place);

  // What an expression begins with.
  Expr ParsePrimary();
  Expr ParseWord();
  Expr ParseCall(const Token& name);
  Expr ParseAggregate(const Token& name, const Aggregation& aggregation);
  void ParseGrouping(Aggregate& aggregate);
  std::vector<Expr> ParseArguments();
  Expr ParseSelector(std::string name, std::size_t begin);
  Matcher ParseMatcher();

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;
  int levels_ = 0;
  std::optional<Problem> problem_;
};

const BinaryOperator* Parser::AtBinary() const {
  if (token_.kind != Kind::kOperator && token_.kind != Kind::kWord) return nullptr;
  return FindOperator(token_.text);
}

Expr Parser::ParseBinary(int least_precedence) {
  const Level level(*this);
  const std::size_t begin = token_.begin;
  Expr left = ParseUnary();
  while (const BinaryOperator* op = AtBinary()) {
    if (op->precedence < least_precedence) break;
    Advance();
    Binary::Result result = Binary::Result::kFilter;
    if (AcceptWord("bool")) result = Binary::Result::kBool;
    Matching matching = ParseMatching();
    const bool to_right = op->associates == BinaryOperator::Associates::kRight;
    Expr right = ParseBinary(to_right ? op->precedence : op->precedence + 1);
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
  const std::size_t begin = token_.begin;
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
  while (!Accept(")") && !problem_) {
    labels.push_back(ParseLabel());
    if (!At(")")) Want(",");
  }
  return labels;
}

std::string Parser::ParseLabel() {
  const bool text = token_.kind == Kind::kString;
  const bool word = token_.kind == Kind::kWord || token_.kind == Kind::kColonWord;
  if ((!text && !word) || AtWord(kNoLabel)) Unexpected("a label");
  if (text && (token_.text.empty() || !IsUtf8(token_.text))) Unexpected("the name of a label");
  return Take().text;
}

Expr Parser::ParsePostfix() {
  const std::size_t begin = token_.begin;
  Expr expr = ParsePrimary();
  while (true) {
    if (At("[")) {
      expr = ParseBrackets(std::move(expr));
    } else if (AtWord("offset")) {
      ParseOffset(expr);
    } else if (At("@")) {
      ParseAt(expr);
    } else {
      if (AtWord("anchored") || AtWord("smoothed")) Experimental(token_, "such selectors");
      return expr;
    }
    expr = Finish(std::move(expr), begin);
  }
}

Expr Parser::ParseBrackets(Expr expr) {
  const std::size_t at = token_.begin;
  Want("[");
  const double range = ParseDuration();
  if (Accept(":")) {
    Subquery subquery{.operand = std::move(expr), .range = range};
    if (!At("]")) subquery.step = ParseDuration();
    Want("]");
    return subquery;
  }
  Want("]");
  auto* selector = std::get_if<Selector>(&expr.node);
  if (selector == nullptr || selector->range) {
    Fail(at, Trouble::kSyntax, "only a vector selector can have a range");
    return expr;
  }
  // Prometheus does not mind @ start() and @ end().
  const bool at_time = selector->when.at && selector->when.at->kind == At::Kind::kTime;
  if (at_time || selector->when.offset != 0) {
    Fail(at, Trouble::kSyntax, "offset and @ stand behind the range");
  }
  selector->range = range;
  return expr;
}

When* Parser::WhenOf(Expr& expr, std::string_view modifier) {
  if (auto* selector = std::get_if<Selector>(&expr.node)) return &selector->when;
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) return &subquery->when;
  Fail(token_.begin, Trouble::kSyntax,
       std::string(modifier) + " may only stand behind a selector or a subquery");
  return nullptr;
}

void Parser::ParseOffset(Expr& expr) {
  When* const when = WhenOf(expr, "offset");
  if (when == nullptr) return;
  const Token word = Take();
  const double offset = ParseOffsetDuration();
  if (when->offset != 0) Fail(word.begin, Trouble::kSyntax, "there are two offsets");
  if (!IsNoDuration(offset)) when->offset = offset;
}

void Parser::ParseAt(Expr& expr) {
  When* const when = WhenOf(expr, "@");
  if (when == nullptr) return;
  const Token sign = Take();
  if (when->at) Fail(sign.begin, Trouble::kSyntax, "there are two @");
  if (AtWord("start") || AtWord("end")) {
    when->at = {.kind = AtWord("start") ? At::Kind::kStart : At::Kind::kEnd};
    Advance();
    Want("(");
    Want(")");
    return;
  }
  const bool minus = AtOperator("-");
  if (AtSign()) Advance();
  if (!AtNumber()) Unexpected("a time");
  const double seconds = ParseNumberToken().value;
  constexpr double kMost = 9223372036854775808.0;
  if (!(std::abs(seconds) < kMost)) {
    Fail(sign.begin, Trouble::kSyntax, "the time behind @ is out of bounds");
  }
  when->at = {.seconds = minus ? -seconds : seconds};
}

Number Parser::ParseNumberToken() {
  const Token token = token_;
  const bool duration = token.kind == Kind::kDuration;
  const std::optional<double> value = duration ? ParseSeconds(token.text) : ParseNumber(token.text);
  if (!value) Fail(token.begin, Trouble::kSyntax, "bad number or duration " + Quote(token.text));
  Advance();
  return {.value = value.value_or(1),
          .style = duration ? Number::Style::kDuration : Number::Style::kPlain};
}

// What stands in brackets.
double Parser::ParseDuration() {
  const Token first = token_;
  const double seconds = ParseSignedDuration();
  RefuseArithmetic(Place::kBrackets);
  if (seconds <= 0) Fail(first.begin, Trouble::kSyntax, "the duration must be greater than 0");
  return seconds;
}

double Parser::ParseSignedDuration() {
  double sign = 1;
  const Token first = token_;
  while (AtSign()) sign = TakeSign() == Sign::kMinus ? -sign : sign;
  if (At("(") || (token_.kind == Kind::kWord && IsOneOf(token_.text, kDurationWords))) {
    Experimental(token_, "expressions of durations");
  }
  if (!AtNumber()) Unexpected("a duration");
  const double seconds = sign * ParseNumberToken().value;
  if (!IsDuration(seconds)) Fail(first.begin, Trouble::kSyntax, "the duration is too long");
  return seconds;
}

void Parser::RefuseArithmetic(Place place) {
  constexpr std::array<std::string_view, 6> kArithmetic{"+", "-", "*", "/", "%", "^"};
  const bool op = token_.kind == Kind::kOperator &&
                  std::ranges::find(kArithmetic, token_.text) != kArithmetic.end();
  if (op) Experimental(token_, "expressions of durations");
  if (place == Place::kBrackets && !At(":") && !At("]")) Unexpected("\":\" or \"]\"");
}

// What stands behind `offset`: one sign belongs to it, and what comes then belongs to the
// expression around ("a offset -2^2" is a power). After two signs that is not so.
double Parser::ParseOffsetDuration() {
  if (!AtSign()) return ParseSignedDuration();
  const double sign = TakeSign() == Sign::kMinus ? -1 : 1;
  const bool again = AtSign();
  const bool parenthesis = Accept("(");
  const double seconds = sign * ParseSignedDuration();
  if (parenthesis || again) RefuseArithmetic(Place::kOffset);
  if (parenthesis) Want(")");
  return seconds;
}

Expr Parser::ParsePrimary() {
  const std::size_t begin = token_.begin;
  if (AtNumber()) {
    const Number number = ParseNumberToken();
    return Finish(number, begin);
  }
  if (token_.kind == Kind::kString) {
    String text{.value = Take().text};
    return Finish(std::move(text), begin);
  }
  if (Accept("(")) {
    Paren paren{.operand = ParseBinary(0)};
    Want(")");
    return Finish(std::move(paren), begin);
  }
  if (token_.kind == Kind::kWord || token_.kind == Kind::kColonWord) return ParseWord();
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
    Fail(name.begin, Trouble::kSyntax,
         "unexpected " + Quote(name.text) + ", expected an expression");
  }
  return ParseSelector(name.text, name.begin);
}

Expr Parser::ParseCall(const Token& name) {
  const Function* function = FindFunction(name.text);
  if (function == nullptr) {
    Fail(name.begin, Trouble::kSyntax, "there is no function " + Quote(name.text));
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
    Fail(name.begin, Trouble::kSyntax,
         std::string(aggregation.name) + "() takes " +
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
    while (!Accept("}") && !problem_) {
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
  const Token name = token_;
  if (name.kind != Kind::kWord && name.kind != Kind::kString) Unexpected("a label or \"}\"");
  Advance();
  const auto* op = std::ranges::find(kOps, token_.text, [](const auto& row) { return row.first; });
  const bool has_op = token_.kind == Kind::kMatch || token_.kind == Kind::kOperator;
  if (!has_op && name.kind == Kind::kString) {
    return {.label = std::string(kNameLabel), .op = Matcher::Op::kEqual, .value = name.text};
  }
  if (!has_op || op == kOps.end()) {
    Unexpected("an operator");
    return {};
  }
  Advance();
  if (token_.kind != Kind::kString) Unexpected("a string");
  Matcher matcher{.label = name.text, .op = op->second, .value = Take().text};
  const bool regex = matcher.op == Matcher::Op::kRegex || matcher.op == Matcher::Op::kNotRegex;
  if (!regex) return matcher;
  if (const auto checked = CheckRegex(matcher.value); !checked) {
    Fail(name.begin, Trouble::kSyntax, "bad regular expression: " + checked.error());
  }
  return matcher;
}

}  // namespace

tl::expected<Expr, Problem> Parse(std::string_view text) { return Parser(text).ParseAll(); }

}  // namespace belvedere::config::promql

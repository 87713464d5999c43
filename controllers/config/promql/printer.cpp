#include "controllers/config/promql/printer.h"

#include <array>
#include <cmath>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

// Binds more tightly than any operator.
constexpr int kPrimary = 100;

// How tightly the outermost part of an expression binds.
int PrecedenceOf(const Expr& expr) {
  if (const auto* binary = std::get_if<Binary>(&expr.node))
    return OperatorOf(binary->op).precedence;
  if (std::holds_alternative<Unary>(expr.node)) return kSignPrecedence;
  const auto* number = std::get_if<Number>(&expr.node);
  return number != nullptr && std::signbit(number->value) ? kSignPrecedence : kPrimary;
}

bool IsSigned(const Expr& expr) {
  return !std::holds_alternative<Binary>(expr.node) && PrecedenceOf(expr) == kSignPrecedence;
}

std::string Label(const std::string& name) { return IsPlainLabel(name) ? name : Quote(name); }

std::string Labels(const std::vector<std::string>& names) {
  std::string text = "(";
  for (const std::string& name : names) text += (text.size() > 1 ? ", " : "") + Label(name);
  return text + ")";
}

std::string Text(const Matcher& matcher) {
  constexpr std::array<std::string_view, 4> kOps{"=", "!=", "=~", "!~"};
  return Label(matcher.label) + std::string(kOps[static_cast<std::size_t>(matcher.op)]) +
         Quote(matcher.value);
}

std::string Text(const When& when) {
  std::string text;
  if (when.at) {
    text += " @ ";
    if (when.at->kind == At::Kind::kTime) text += FormatNumber(when.at->seconds);
    if (when.at->kind == At::Kind::kStart) text += "start()";
    if (when.at->kind == At::Kind::kEnd) text += "end()";
  }
  if (!when.offset.IsNone()) text += " offset " + PrintOffset(when.offset);
  return text;
}

std::string Text(const Matching& matching) {
  const bool grouped = matching.group != Matching::Group::kNone;
  const bool on = matching.by == Matching::By::kOn;
  if (!on && !grouped && matching.labels.empty()) return "";
  std::string text = (on ? " on " : " ignoring ") + Labels(matching.labels);
  if (!grouped) return text;
  text += matching.group == Matching::Group::kLeft ? " group_left " : " group_right ";
  return text + Labels(matching.include);
}

struct Printer {
  // In parentheses unless it binds at least as tightly as `precedence`.
  static std::string Operand(const Expr& expr, int precedence) {
    return PrecedenceOf(expr) >= precedence ? Print(expr) : "(" + Print(expr) + ")";
  }

  std::string operator()(const Number& number) const {
    return number.style == Number::Style::kDuration ? FormatSeconds(number.value)
                                                    : FormatNumber(number.value);
  }

  std::string operator()(const String& text) const { return Quote(text.value); }

  std::string operator()(const Selector& selector) const {
    const bool plain = selector.name.empty() || IsPlainMetric(selector.name);
    std::string text = plain ? selector.name : "";
    std::string inside = plain ? "" : Quote(selector.name);
    for (const Matcher& matcher : selector.matchers) {
      inside += (inside.empty() ? "" : ", ") + Text(matcher);
    }
    if (!inside.empty() || text.empty()) text += "{" + inside + "}";
    if (selector.range) text += "[" + Print(*selector.range) + "]";
    return text + Text(selector.when);
  }

  std::string operator()(const Subquery& subquery) const {
    return Operand(*subquery.operand, kPrimary) + "[" + Print(subquery.range) + ":" +
           (subquery.step ? Print(*subquery.step) : "") + "]" + Text(subquery.when);
  }

  std::string operator()(const Paren& paren) const { return "(" + Print(*paren.operand) + ")"; }

  std::string operator()(const Unary& unary) const {
    const int least = IsSigned(*unary.operand) ? 0 : kSignPrecedence + 1;
    return (unary.sign == Sign::kMinus ? "-" : "+") + Operand(*unary.operand, least);
  }

  std::string operator()(const Binary& binary) const {
    const BinaryOperator& op = OperatorOf(binary.op);
    // A sign may follow any operator.
    const int right = IsSigned(*binary.right) ? 0 : op.RightPrecedence();
    return Operand(*binary.left, op.LeftPrecedence()) + " " + std::string(op.text) +
           (binary.result == Binary::Result::kBool ? " bool" : "") + Text(binary.matching) + " " +
           Operand(*binary.right, right);
  }

  std::string operator()(const Call& call) const {
    std::string text = std::string(call.function->name) + "(";
    for (const Expr& argument : call.arguments) {
      text += (&argument == call.arguments.data() ? "" : ", ") + Print(argument);
    }
    return text + ")";
  }

  std::string operator()(const Aggregate& aggregate) const {
    std::string text(aggregate.aggregation->name);
    const bool without = aggregate.grouping == Aggregate::Grouping::kWithout;
    if (without || !aggregate.labels.empty()) {
      text += (without ? " without " : " by ") + Labels(aggregate.labels) + " ";
    }
    text += "(";
    if (aggregate.parameter) text += Print(**aggregate.parameter) + ", ";
    return text + Print(*aggregate.operand) + ")";
  }
};

}  // namespace

std::string Print(const Expr& expr) { return std::visit(Printer(), expr.node); }

}  // namespace belvedere::config::promql

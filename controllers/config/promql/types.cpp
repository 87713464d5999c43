#include "controllers/config/promql/types.h"

#include <algorithm>

#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/regex.h"

namespace belvedere::config::promql {
namespace {

using Found = std::optional<Misfit>;
using Kind = BinaryOperator::Kind;

Found Complain(const Expr& where, std::string message) {
  return Misfit{.where = &where, .message = std::move(message)};
}

std::string Name(ValueType type) { return std::string(ToString(type)); }

Found Expect(const Expr& expr, ValueType wanted, std::string_view where) {
  const ValueType type = TypeOf(expr);
  if (type == wanted) return std::nullopt;
  return Complain(
      expr, "expected type " + Name(wanted) + " in " + std::string(where) + ", got " + Name(type));
}

bool IsNumeric(const Expr& expr) {
  const ValueType type = TypeOf(expr);
  return type == ValueType::kScalar || type == ValueType::kVector;
}

// Whether series without the label pass.
bool PassesEmpty(const Matcher& matcher) {
  switch (matcher.op) {
    case Matcher::Op::kEqual:
      return matcher.value.empty();
    case Matcher::Op::kNotEqual:
      return !matcher.value.empty();
    case Matcher::Op::kRegex:
      return CheckRegex(matcher.value) == OnEmpty::kMatches;
    case Matcher::Op::kNotRegex:
      return CheckRegex(matcher.value) != OnEmpty::kMatches;
  }
  return true;
}

Found CheckSelector(const Expr& expr, const Selector& selector) {
  if (selector.name.empty()) {
    if (!std::ranges::all_of(selector.matchers, PassesEmpty)) return std::nullopt;
    return Complain(expr, "a vector selector needs at least one matcher that is not empty");
  }
  const auto again = std::ranges::find(selector.matchers, kNameLabel, &Matcher::label);
  if (again == selector.matchers.end()) return std::nullopt;
  return Complain(expr, "the metric's name is set twice: " + Quote(selector.name) + " and " +
                            Quote(again->value));
}

Found CheckMatching(const Expr& expr, Binary& binary) {
  const BinaryOperator& op = OperatorOf(binary.op);
  const Matching& matching = binary.matching;
  if (matching.by == Matching::By::kOn) {
    for (const std::string& label : matching.labels) {
      if (std::ranges::find(matching.include, label) == matching.include.end()) continue;
      return Complain(expr, "label " + Quote(label) + " is both in on and in group");
    }
  }
  const bool vectors =
      TypeOf(*binary.left) == ValueType::kVector && TypeOf(*binary.right) == ValueType::kVector;
  if (!vectors && !matching.labels.empty()) {
    return Complain(expr, "vector matching is only allowed between instant vectors");
  }
  if (!vectors) {
    binary.matching = {};
  } else if (op.kind == Kind::kSet && matching.group != Matching::Group::kNone) {
    return Complain(expr, "no grouping is allowed for " + Quote(op.text));
  }
  return std::nullopt;
}

Found CheckBinary(const Expr& expr, Binary& binary) {
  const BinaryOperator& op = OperatorOf(binary.op);
  for (const Expr* side : {&*binary.left, &*binary.right}) {
    if (!IsNumeric(*side)) {
      return Complain(*side, "a binary expression takes only scalars and instant vectors");
    }
  }
  const bool left_scalar = TypeOf(*binary.left) == ValueType::kScalar;
  const bool right_scalar = TypeOf(*binary.right) == ValueType::kScalar;
  const bool yields_bool = binary.result == Binary::Result::kBool;
  if (yields_bool && op.kind != Kind::kComparison) {
    return Complain(expr, "bool can only be used on comparisons");
  }
  if (op.kind == Kind::kComparison && !yields_bool && left_scalar && right_scalar) {
    return Complain(expr, "comparisons between scalars must use bool");
  }
  if (op.kind == Kind::kSet && (left_scalar || right_scalar)) {
    return Complain(expr, Quote(op.text) + " is not allowed with scalars");
  }
  return CheckMatching(expr, binary);
}

Found CheckCall(const Expr& expr, const Call& call) {
  const Function& function = *call.function;
  const std::string name = "call of " + std::string(function.name) + "()";
  const std::size_t given = call.arguments.size();
  const std::size_t most = function.arguments.size();
  const std::size_t least = function.repeats == 0 ? most : most - 1;
  if (given < least) {
    return Complain(expr, name + " needs " + std::to_string(least) + " arguments, got " +
                              std::to_string(given));
  }
  if (function.repeats >= 0 && given > least + static_cast<std::size_t>(function.repeats)) {
    return Complain(expr, name + " has too many arguments: " + std::to_string(given));
  }
  for (std::size_t i = 0; i < given; ++i) {
    if (Found found = Expect(call.arguments[i], function.ArgumentType(i), name)) return found;
  }
  return std::nullopt;
}

Found CheckAggregate(const Aggregate& aggregate) {
  if (aggregate.parameter) {
    const bool text = aggregate.aggregation->parameter == Aggregation::Parameter::kString;
    const ValueType wanted = text ? ValueType::kString : ValueType::kScalar;
    if (Found found = Expect(**aggregate.parameter, wanted, "parameter of an aggregation")) {
      return found;
    }
  }
  return Expect(*aggregate.operand, ValueType::kVector, "aggregation");
}

Found CheckNode(Expr& expr) {
  if (auto* selector = std::get_if<Selector>(&expr.node)) return CheckSelector(expr, *selector);
  if (auto* binary = std::get_if<Binary>(&expr.node)) return CheckBinary(expr, *binary);
  if (auto* call = std::get_if<Call>(&expr.node)) return CheckCall(expr, *call);
  if (auto* aggregate = std::get_if<Aggregate>(&expr.node)) return CheckAggregate(*aggregate);
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) {
    return Expect(*subquery->operand, ValueType::kVector, "subquery");
  }
  if (auto* unary = std::get_if<Unary>(&expr.node);
      unary != nullptr && !IsNumeric(*unary->operand)) {
    return Complain(expr,
                    "a sign is only allowed before scalars and instant vectors, not before a " +
                        Name(TypeOf(*unary->operand)));
  }
  return std::nullopt;
}

}  // namespace

ValueType TypeOf(const Expr& expr) {
  struct Visitor {
    ValueType operator()(const Number&) const { return ValueType::kScalar; }
    ValueType operator()(const String&) const { return ValueType::kString; }
    ValueType operator()(const Selector& selector) const {
      return selector.range ? ValueType::kMatrix : ValueType::kVector;
    }
    ValueType operator()(const Subquery&) const { return ValueType::kMatrix; }
    ValueType operator()(const Paren& paren) const { return TypeOf(*paren.operand); }
    ValueType operator()(const Unary& unary) const { return TypeOf(*unary.operand); }
    ValueType operator()(const Binary& binary) const {
      const bool scalar =
          TypeOf(*binary.left) == ValueType::kScalar && TypeOf(*binary.right) == ValueType::kScalar;
      return scalar ? ValueType::kScalar : ValueType::kVector;
    }
    ValueType operator()(const Call& call) const { return call.function->returns; }
    ValueType operator()(const Aggregate&) const { return ValueType::kVector; }
  };
  return std::visit(Visitor(), expr.node);
}

std::optional<Misfit> CheckTypes(Expr& expr) {
  for (Expr* child : Children(expr)) {
    if (Found found = CheckTypes(*child)) return found;
  }
  return CheckNode(expr);
}

}  // namespace belvedere::config::promql

#include "controllers/config/promql/ast.h"

#include <array>
#include <cmath>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

using Kind = BinaryOperator::Kind;
using Associates = BinaryOperator::Associates;

// In the order of BinaryOp.
// https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
constexpr std::array<BinaryOperator, 18> kOperators{{
    {"+", BinaryOp::kAdd, 4, Kind::kArithmetic},
    {"-", BinaryOp::kSubtract, 4, Kind::kArithmetic},
    {"*", BinaryOp::kMultiply, 5, Kind::kArithmetic},
    {"/", BinaryOp::kDivide, 5, Kind::kArithmetic},
    {"%", BinaryOp::kModulo, 5, Kind::kArithmetic},
    {"^", BinaryOp::kPower, 6, Kind::kArithmetic, Associates::kRight},
    {"atan2", BinaryOp::kAtan2, 5, Kind::kArithmetic},
    {"==", BinaryOp::kEqual, 3, Kind::kComparison},
    {"!=", BinaryOp::kNotEqual, 3, Kind::kComparison},
    {"<", BinaryOp::kLess, 3, Kind::kComparison},
    {"<=", BinaryOp::kLessOrEqual, 3, Kind::kComparison},
    {">", BinaryOp::kGreater, 3, Kind::kComparison},
    {">=", BinaryOp::kGreaterOrEqual, 3, Kind::kComparison},
    {"</", BinaryOp::kTrimUpper, 3, Kind::kArithmetic},  // cuts histograms
    {">/", BinaryOp::kTrimLower, 3, Kind::kArithmetic},
    {"and", BinaryOp::kAnd, 2, Kind::kSet},
    {"or", BinaryOp::kOr, 1, Kind::kSet},
    {"unless", BinaryOp::kUnless, 2, Kind::kSet},
}};

bool Same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <typename Pointer, typename Root>
std::vector<Pointer> ChildrenOf(Root& expr) {
  std::vector<Pointer> found;
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) found = {&*subquery->operand};
  if (auto* paren = std::get_if<Paren>(&expr.node)) found = {&*paren->operand};
  if (auto* unary = std::get_if<Unary>(&expr.node)) found = {&*unary->operand};
  if (auto* binary = std::get_if<Binary>(&expr.node)) found = {&*binary->left, &*binary->right};
  if (auto* call = std::get_if<Call>(&expr.node)) {
    for (auto& argument : call->arguments) found.push_back(&argument);
  }
  if (auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    if (aggregate->parameter) found.push_back(&**aggregate->parameter);
    found.push_back(&*aggregate->operand);
  }
  return found;
}

}  // namespace

bool Number::operator==(const Number& other) const {
  return Same(value, other.value) && style == other.style;
}

bool When::operator==(const When& other) const {
  return at == other.at && Same(offset, other.offset);
}

bool Subquery::operator==(const Subquery& other) const = default;
bool Paren::operator==(const Paren& other) const = default;
bool Unary::operator==(const Unary& other) const = default;
bool Binary::operator==(const Binary& other) const = default;
bool Call::operator==(const Call& other) const = default;
bool Aggregate::operator==(const Aggregate& other) const = default;

const BinaryOperator& OperatorOf(BinaryOp op) { return kOperators[static_cast<std::size_t>(op)]; }

const BinaryOperator* FindOperator(std::string_view text) {
  const std::string lower = LowerCase(text);
  for (const BinaryOperator& row : kOperators) {
    if (row.text == lower) return &row;
  }
  return nullptr;
}

std::vector<Expr*> Children(Expr& expr) { return ChildrenOf<Expr*>(expr); }
std::vector<const Expr*> Children(const Expr& expr) { return ChildrenOf<const Expr*>(expr); }

}  // namespace belvedere::config::promql

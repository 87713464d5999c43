#include "controllers/config/promql/operators.h"

#include <array>

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

}  // namespace

const BinaryOperator& OperatorOf(BinaryOp op) { return kOperators[static_cast<std::size_t>(op)]; }

const BinaryOperator* FindOperator(std::string_view text) {
  const std::string lower = LowerCase(text);
  for (const BinaryOperator& row : kOperators) {
    if (row.text == lower) return &row;
  }
  return nullptr;
}

bool IsOfDurations(BinaryOp op) { return op <= BinaryOp::kPower; }

}  // namespace belvedere::config::promql

#include "controllers/config/promql/duration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

using Kind = Duration::Kind;

constexpr int kPrimary = 100;

int PrecedenceOf(const Duration& duration) {
  if (duration.kind == Kind::kBinary) return OperatorOf(duration.op).precedence;
  const bool negative =
      duration.kind == Kind::kNegative || (duration.IsLiteral() && std::signbit(duration.seconds));
  return negative ? kSignPrecedence : kPrimary;
}

std::string InParentheses(const Duration& duration) { return "(" + Print(duration) + ")"; }

std::string Operand(const Duration& duration, int precedence) {
  return PrecedenceOf(duration) >= precedence ? Print(duration) : InParentheses(duration);
}

std::string Both(const Duration& duration) {
  return "(" + Print(duration.operands.at(0)) + ", " + Print(duration.operands.at(1)) + ")";
}

double Calculate(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSubtract:
      return left - right;
    case BinaryOp::kMultiply:
      return left * right;
    case BinaryOp::kDivide:
      return left / right;
    case BinaryOp::kModulo:
      return std::fmod(left, right);
    default:
      return std::pow(left, right);
  }
}

}  // namespace

Duration::Duration(Kind kind, std::vector<Duration> operands)
    : kind(kind), operands(std::move(operands)) {}

Duration::Duration(BinaryOp op, Duration left, Duration right) : kind(Kind::kBinary), op(op) {
  operands.push_back(std::move(left));
  operands.push_back(std::move(right));
}

bool Duration::operator==(const Duration& other) const {
  return kind == other.kind && SameNumber(seconds, other.seconds) && op == other.op &&
         operands == other.operands;
}

bool Duration::IsNone() const { return IsLiteral() && std::round(seconds * 1e9) == 0; }

double Duration::Seconds() const {
  switch (kind) {
    case Kind::kSeconds:
      return seconds;
    case Kind::kStep:
    case Kind::kRange:
      return 0;
    case Kind::kMinOf:
      return std::min(operands.at(0).Seconds(), operands.at(1).Seconds());
    case Kind::kMaxOf:
      return std::max(operands.at(0).Seconds(), operands.at(1).Seconds());
    case Kind::kNegative:
      return -operands.at(0).Seconds();
    case Kind::kParen:
      return operands.at(0).Seconds();
    case Kind::kBinary:
      return Calculate(op, operands.at(0).Seconds(), operands.at(1).Seconds());
  }
  return 0;
}

std::string Print(const Duration& duration) {
  switch (duration.kind) {
    case Kind::kSeconds:
      return FormatSeconds(duration.seconds);
    case Kind::kStep:
      return "step()";
    case Kind::kRange:
      return "range()";
    case Kind::kMinOf:
      return "min_of" + Both(duration);
    case Kind::kMaxOf:
      return "max_of" + Both(duration);
    case Kind::kNegative: {
      const Duration& operand = duration.operands.at(0);
      const bool sign = operand.kind == Kind::kNegative;
      return "-" + Operand(operand, sign ? 0 : kSignPrecedence + 1);
    }
    case Kind::kParen:
      return InParentheses(duration.operands.at(0));
    case Kind::kBinary:
      break;
  }
  const BinaryOperator& op = OperatorOf(duration.op);
  const Duration& right = duration.operands.at(1);
  const bool sign = right.kind != Kind::kBinary && PrecedenceOf(right) == kSignPrecedence;
  return Operand(duration.operands.at(0), op.LeftPrecedence()) + " " + std::string(op.text) + " " +
         Operand(right, sign ? 0 : op.RightPrecedence());
}

std::string PrintOffset(const Duration& duration) {
  switch (duration.kind) {
    case Kind::kNegative: {
      const Kind inner = duration.operands.at(0).kind;
      const bool simple = inner != Kind::kNegative && inner != Kind::kBinary;
      return simple ? Print(duration) : "+" + InParentheses(duration);
    }
    case Kind::kParen:
      return "+" + Print(duration);
    case Kind::kBinary:
      return "+" + InParentheses(duration);
    default:
      return Print(duration);
  }
}

}  // namespace belvedere::config::promql

#pragma once

#include <string_view>

namespace belvedere::config::promql {

enum class BinaryOp {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless,
};

struct BinaryOperator {
  enum class Kind { kArithmetic, kComparison, kSet };
  enum class Associates { kLeft, kRight };

  std::string_view text;
  BinaryOp op = BinaryOp::kAdd;
  int precedence = 0;  // a greater one binds more tightly
  Kind kind = Kind::kArithmetic;
  Associates associates = Associates::kLeft;

  // What an operand needs, if it is not to stand in parentheses.
  int LeftPrecedence() const { return precedence + (associates == Associates::kRight ? 1 : 0); }
  int RightPrecedence() const { return precedence + (associates == Associates::kRight ? 0 : 1); }
};

// A sign binds like a multiplication: -a^b is -(a^b), -a*b is (-a)*b.
inline constexpr int kSignPrecedence = 5;

const BinaryOperator& OperatorOf(BinaryOp op);
// By its text, words in any case; null: there is none.
const BinaryOperator* FindOperator(std::string_view text);
// Whether one may calculate with durations by it: + - * / % ^.
bool IsOfDurations(BinaryOp op);

}  // namespace belvedere::config::promql

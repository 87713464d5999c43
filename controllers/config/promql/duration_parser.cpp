#include "controllers/config/promql/duration_parser.h"

#include <array>
#include <utility>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

using Kind = Duration::Kind;

struct Word {
  std::string_view text;
  Kind kind;
};
constexpr std::array<Word, 4> kWords{{{"step", Kind::kStep},
                                      {"range", Kind::kRange},
                                      {"min_of", Kind::kMinOf},
                                      {"max_of", Kind::kMaxOf}}};

class DurationParser {
 public:
  explicit DurationParser(Cursor& cursor) : cursor_(cursor) {}

  Duration ParseBinary(int least_precedence) {
    const Cursor::Level level(cursor_);
    return ParseOperators(ParseUnary(), least_precedence);
  }

  // What follows a first operand.
  Duration ParseOperators(Duration left, int least_precedence) {
    while (const BinaryOperator* op = cursor_.AtBinary()) {
      if (!IsOfDurations(op->op) || op->precedence < least_precedence) break;
      const std::size_t at = cursor_.Take().begin;
      Duration right = ParseBinary(op->RightPrecedence());
      const bool divides = op->op == BinaryOp::kDivide || op->op == BinaryOp::kModulo;
      if (divides && right.IsLiteral() && right.seconds == 0) {
        cursor_.Refuse(at, "division by zero");
      }
      left = Duration(op->op, std::move(left), std::move(right));
      CountPart();
    }
    return left;
  }

  Duration ParseUnary() {
    if (!cursor_.AtSign()) return ParsePrimary();
    const std::size_t at = cursor_.token().begin;
    const Sign sign = cursor_.TakeSign();
    return Signed(sign, ParseBinary(kSignPrecedence + 1), at);
  }

  Duration ParsePrimary() {
    const std::size_t at = cursor_.token().begin;
    CountPart();
    if (cursor_.AtNumber()) {
      const double seconds = cursor_.TakeNumber().value;
      CheckLength(seconds, at);
      return seconds;
    }
    if (cursor_.Accept("(")) return InParentheses();
    for (const Word& word : kWords) {
      if (cursor_.AcceptWord(word.text)) return ParseCall(word.kind);
    }
    cursor_.Unexpected("a duration");
    return 1;
  }

  // What follows an opening parenthesis. A literal needs none.
  Duration InParentheses() {
    Duration inner = ParseBinary(0);
    cursor_.Want(")");
    if (inner.IsLiteral() || inner.kind == Kind::kParen) return inner;
    return {Kind::kParen, {std::move(inner)}};
  }

  Duration Signed(Sign sign, Duration operand, std::size_t at) {
    if (sign == Sign::kPlus) return operand;
    if (!operand.IsLiteral()) return {Kind::kNegative, {std::move(operand)}};
    CheckLength(-operand.seconds, at);
    return -operand.seconds;
  }

 private:
  Duration ParseCall(Kind kind) {
    std::vector<Duration> operands;
    cursor_.Want("(");
    if (kind == Kind::kMinOf || kind == Kind::kMaxOf) {
      operands.push_back(ParseBinary(0));
      cursor_.Want(",");
      operands.push_back(ParseBinary(0));
    }
    cursor_.Want(")");
    return {kind, std::move(operands)};
  }

  void CheckLength(double seconds, std::size_t at) {
    if (!IsDuration(seconds)) cursor_.Refuse(at, "the duration is too long");
  }

  // Each part may be a level of the tree.
  void CountPart() {
    constexpr int kMostParts = 200;
    if (++parts_ > kMostParts) cursor_.TooDeep();
  }

  Cursor& cursor_;
  int parts_ = 0;
};

}  // namespace

Duration ParseRange(Cursor& cursor) {
  const std::size_t at = cursor.token().begin;
  Duration range = DurationParser(cursor).ParseBinary(0);
  if (range.IsLiteral() && range.seconds <= 0) {
    cursor.Refuse(at, "the duration must be greater than 0");
  }
  return range;
}

// One sign with a number, a call or a parenthesis is all of an offset, and what follows belongs to
// the expression around: "a offset -2^2" is a power. After a parenthesis without a sign, or after
// two signs, that is not so.
Duration ParseOffset(Cursor& cursor) {
  DurationParser parser(cursor);
  const std::size_t at = cursor.token().begin;
  if (!cursor.AtSign()) {
    if (!cursor.At("(")) return parser.ParsePrimary();
    Duration offset = parser.ParseBinary(0);
    return offset.kind == Kind::kBinary ? Duration(Kind::kParen, {std::move(offset)}) : offset;
  }
  const Sign sign = cursor.TakeSign();
  if (!cursor.AtSign()) return parser.Signed(sign, parser.ParsePrimary(), at);
  Duration first = parser.Signed(sign, parser.ParseBinary(kSignPrecedence + 1), at);
  Duration offset = parser.ParseOperators(std::move(first), 0);
  const bool complete = offset.IsLiteral() || offset.kind == Kind::kParen ||
                        offset.kind == Kind::kMinOf || offset.kind == Kind::kMaxOf ||
                        offset.kind == Kind::kStep || offset.kind == Kind::kRange;
  return complete ? offset : Duration(Kind::kParen, {std::move(offset)});
}

}  // namespace belvedere::config::promql

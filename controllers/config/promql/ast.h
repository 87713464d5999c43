#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "controllers/config/promql/duration.h"
#include "controllers/config/promql/functions.h"
#include "controllers/config/promql/operators.h"

// Expressions of PromQL as values: they can be copied, compared, changed and printed. What cannot
// be told from the meaning (white space, comments, how a number was spelt) is not kept.
namespace belvedere::config::promql {

struct Expr;

// A value on the heap that copies and compares like the value itself.
template <typename T>
class Box {
 public:
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: stands for its value
  Box(const Box& other) : Box(*other) {}
  Box(Box&& other) noexcept = default;
  ~Box() = default;
  Box& operator=(const Box& other) {
    if (this != &other) value_ = std::make_unique<T>(*other);
    return *this;
  }
  Box& operator=(Box&& other) noexcept = default;

  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

  bool operator==(const Box& other) const { return *value_ == *other; }

 private:
  std::unique_ptr<T> value_;
};

// A number, also one that is written as a duration ("5m" is 300).
struct Number {
  enum class Style { kPlain, kDuration };

  double value = 0;
  Style style = Style::kPlain;

  bool operator==(const Number& other) const;  // NaN equals NaN
};

struct String {
  std::string value;

  bool operator==(const String&) const = default;
};

struct Matcher {
  enum class Op { kEqual, kNotEqual, kRegex, kNotRegex };

  std::string label;
  Op op = Op::kEqual;
  std::string value;

  bool operator==(const Matcher&) const = default;
};

// The label that holds the name of a metric.
inline constexpr std::string_view kNameLabel = "__name__";

// The modifier `@`.
struct At {
  enum class Kind { kTime, kStart, kEnd };

  Kind kind = Kind::kTime;
  double seconds = 0;  // since 1970; of kTime

  bool operator==(const At&) const = default;
};

// When a selector or subquery is read.
struct When {
  std::optional<At> at;
  Duration offset = 0;  // into the past, if positive

  bool operator==(const When&) const = default;
};

// An instant vector, or a range vector if it has a range.
struct Selector {
  std::string name;  // what stands before the braces, or empty
  std::vector<Matcher> matchers;
  std::optional<Duration> range;
  When when;

  bool operator==(const Selector&) const = default;
};

struct Subquery {
  Box<Expr> operand;
  Duration range;
  std::optional<Duration> step;  // none: the evaluation interval
  When when;

  bool operator==(const Subquery& other) const;
};

struct Paren {
  Box<Expr> operand;

  bool operator==(const Paren& other) const;
};

enum class Sign { kPlus, kMinus };

struct Unary {
  Sign sign = Sign::kMinus;
  Box<Expr> operand;

  bool operator==(const Unary& other) const;
};

// Which elements of two vectors belong together. Means nothing unless both sides are vectors.
struct Matching {
  enum class By { kIgnoring, kOn };
  enum class Group { kNone, kLeft, kRight };  // the side that may have many

  By by = By::kIgnoring;
  std::vector<std::string> labels;
  Group group = Group::kNone;
  std::vector<std::string> include;  // labels taken from the side of one

  bool operator==(const Matching&) const = default;
};

struct Binary {
  enum class Result { kFilter, kBool };  // what a comparison yields

  BinaryOp op = BinaryOp::kAdd;
  Box<Expr> left;
  Box<Expr> right;
  Result result = Result::kFilter;
  Matching matching = {};

  bool operator==(const Binary& other) const;
};

struct Call {
  const Function* function = nullptr;  // in the table; never null
  std::vector<Expr> arguments;

  bool operator==(const Call& other) const;
};

struct Aggregate {
  enum class Grouping { kBy, kWithout };

  const Aggregation* aggregation = nullptr;  // in the table; never null
  Box<Expr> operand;
  std::optional<Box<Expr>> parameter = {};
  Grouping grouping = Grouping::kBy;
  std::vector<std::string> labels = {};

  bool operator==(const Aggregate& other) const;
};

struct Expr {
  using Node =
      std::variant<Number, String, Selector, Subquery, Paren, Unary, Binary, Call, Aggregate>;

  Node node;
  // Of an expression that was parsed: where it stands in the text.
  std::size_t begin = 0;
  std::size_t end = 0;
  // Of an expression that was parsed: levels of expressions, this one included.
  int height = 1;

  template <typename T>
  Expr(T value) : node(std::move(value)) {}  // NOLINT: stands for its node

  // Of the node alone.
  bool operator==(const Expr& other) const { return node == other.node; }
};

// The expressions directly below, in the order in which they are written.
std::vector<Expr*> Children(Expr& expr);
std::vector<const Expr*> Children(const Expr& expr);

// Calls `visit` with each selector of an expression.
template <typename Visit>
void ForEachSelector(Expr& expr, const Visit& visit) {
  if (auto* selector = std::get_if<Selector>(&expr.node)) visit(*selector);
  for (Expr* child : Children(expr)) ForEachSelector(*child, visit);
}

}  // namespace belvedere::config::promql

#pragma once

#include <string>
#include <vector>

#include "controllers/config/promql/operators.h"

namespace belvedere::config::promql {

// A length of time, as a range, a step or an offset has it: seconds, or an expression that is
// calculated when a query runs.
// https://prometheus.io/docs/prometheus/latest/querying/basics/#duration-expressions
struct Duration {
  enum class Kind {
    kSeconds,
    kStep,   // step(): of the query
    kRange,  // range(): of the query
    kMinOf,
    kMaxOf,
    kNegative,
    kParen,
    kBinary,
  };

  Kind kind = Kind::kSeconds;
  double seconds = 0;            // of kSeconds
  BinaryOp op = BinaryOp::kAdd;  // of kBinary
  std::vector<Duration> operands;

  Duration(double seconds) : seconds(seconds) {}  // NOLINT: what a duration mostly is
  Duration(Kind kind, std::vector<Duration> operands);
  Duration(BinaryOp op, Duration left, Duration right);

  bool operator==(const Duration& other) const;  // NaN equals NaN

  bool IsLiteral() const { return kind == Kind::kSeconds; }
  // Whether it is a literal that is nothing once it is counted in nanoseconds.
  bool IsNone() const;
  // Its value where step() and range() are 0, as they are in rules.
  double Seconds() const;
};

std::string Print(const Duration& duration);
// In the form that may stand behind `offset`, whatever comes next.
std::string PrintOffset(const Duration& duration);

}  // namespace belvedere::config::promql

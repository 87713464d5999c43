#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace belvedere::config::promql {

// Why a text is no expression that Prometheus would take, and where it stops being one.
struct Problem {
  enum class Kind {
    kSyntax,
    kType,          // well-formed, but its parts do not fit together
    kExperimental,  // Prometheus takes it only with a feature flag
    kLimit,         // deeper or longer than what is read here
  };

  Kind kind = Kind::kSyntax;
  std::size_t offset = 0;  // in bytes
  std::size_t line = 1;
  std::size_t column = 1;  // in bytes, as Prometheus counts them
  std::string message;
};

// The problem at `offset` of `text`, with line and column.
Problem ProblemAt(std::string_view text, std::size_t offset, Problem::Kind kind,
                  std::string message);

// kInvalid, "LINE:COLUMN: MESSAGE".
Error ToError(const Problem& problem);

}  // namespace belvedere::config::promql

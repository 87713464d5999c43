#include "controllers/config/promql/problem.h"

#include <algorithm>

namespace belvedere::config::promql {

Problem ProblemAt(std::string_view text, std::size_t offset, Problem::Kind kind,
                  std::string message) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_break = before.rfind('\n');
  return {.kind = kind,
          .offset = before.size(),
          .line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
          .column = before.size() - (line_break == std::string_view::npos ? 0 : line_break + 1) + 1,
          .message = std::move(message)};
}

Error ToError(const Problem& problem) {
  return {.code = ErrorCode::kInvalid,
          .reason = {},
          .message = std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " +
                     problem.message,
          .retry_after = {}};
}

}  // namespace belvedere::config::promql

#pragma once

#include <cstddef>
#include <string_view>

#include "controllers/config/promql/ast.h"
#include "controllers/config/promql/problem.h"

namespace belvedere::config::promql {

// Bounds of what is read, so that no text can exhaust the stack. Prometheus has none.
inline constexpr std::size_t kMostBytes = 64 * 1024;
inline constexpr int kMostLevels = 250;

// The expression that `text` is, checked for types. Takes what Prometheus 3.14 takes without any
// feature flag, and nothing else; see conformance_test.cpp.
tl::expected<Expr, Problem> Parse(std::string_view text);

}  // namespace belvedere::config::promql

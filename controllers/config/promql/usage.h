#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "controllers/config/promql/ast.h"
#include "operator/base/result.h"

// What an expression reads, and how to narrow that.
namespace belvedere::config::promql {

struct Usage {
  std::vector<Selector> selectors;  // in the order in which they are written
  std::set<std::string> metrics;    // those whose names are given in full
  std::set<std::string> functions;  // aggregations too
  std::size_t unnamed = 0;          // selectors that may read any metric, or some
  std::size_t subqueries = 0;
  double longest_lookback = 0;  // seconds into the past, with ranges and offsets
  double seconds_read = 0;      // all ranges of all selectors, with those of subqueries
};

Usage UsageOf(const Expr& expr);

// Adds `matchers` to every selector of `expr`. Those that a selector has stay, so that it can only
// select less than before. Error: kInvalid; a label is empty, or the name of the metric, or a
// regular expression is none.
Status AddMatchers(Expr& expr, std::span<const Matcher> matchers);

}  // namespace belvedere::config::promql

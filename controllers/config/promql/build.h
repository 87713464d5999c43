#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/promql/ast.h"

// Shorthands, so that formulas in code read like formulas. Names of functions and aggregations are
// those of the tables; another one is a programmer's error.
namespace belvedere::config::promql {

Selector OverTime(Selector selector, double seconds);
Expr CallOf(std::string_view function, std::vector<Expr> arguments);
Expr AggregateBy(std::string_view aggregation, std::vector<std::string> labels, Expr operand);
Expr Operation(Expr left, BinaryOp op, Expr right, Matching matching = {});

}  // namespace belvedere::config::promql

#pragma once

#include <string>

#include "controllers/config/promql/ast.h"

namespace belvedere::config::promql {

// The expression on one line. Parse() of it gives the same expression, if it was parsed; one that
// was built gets the parentheses and quotes that it needs.
std::string Print(const Expr& expr);

}  // namespace belvedere::config::promql

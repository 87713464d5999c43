#pragma once

#include <optional>
#include <string>

#include "controllers/config/promql/ast.h"

namespace belvedere::config::promql {

ValueType TypeOf(const Expr& expr);

struct Misfit {
  const Expr* where = nullptr;  // in the expression that was checked
  std::string message;
};

// The first place where types do not fit. Matching between sides that are not both vectors means
// nothing, and is dropped.
std::optional<Misfit> CheckTypes(Expr& expr);

}  // namespace belvedere::config::promql

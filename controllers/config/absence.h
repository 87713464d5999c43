#pragma once

#include <string>
#include <vector>

#include "controllers/config/promql/ast.h"

// Expressions that tell why there is no data. Each keeps the label `job`.
namespace belvedere::config {

// All targets that `up` selects are down, or none is known any more.
promql::Expr TargetGone(const promql::Selector& up);

// Series of `source` that were there within a day are gone, by `labels`, though a target is up.
promql::Expr SeriesGone(const promql::Selector& source, const promql::Selector& up,
                        std::vector<std::string> labels);

}  // namespace belvedere::config

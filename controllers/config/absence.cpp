#include "controllers/config/absence.h"

#include <algorithm>

#include "controllers/config/promql/build.h"

namespace belvedere::config {
namespace {

using promql::AggregateBy;
using promql::BinaryOp;
using promql::CallOf;
using promql::Expr;
using promql::Number;
using promql::Operation;

constexpr double kDay = 24 * 60 * 60;

}  // namespace

// Where all targets are down they are there, and 0; where none is known any more, they are not.
Expr TargetGone(const promql::Selector& up) {
  Expr down = Operation(AggregateBy("sum", {"job"}, up), BinaryOp::kEqual, Number{.value = 0});
  return Operation(std::move(down), BinaryOp::kOr,
                   AggregateBy("max", {"job"}, CallOf("absent", {up})));
}

Expr SeriesGone(const promql::Selector& source, const promql::Selector& up,
                std::vector<std::string> labels) {
  if (std::ranges::find(labels, "job") == labels.end()) labels.emplace_back("job");
  Expr before =
      AggregateBy("group", labels, CallOf("present_over_time", {promql::OverTime(source, kDay)}));
  Expr vanished =
      Operation(std::move(before), BinaryOp::kUnless, AggregateBy("group", labels, source));
  Expr alive = Operation(AggregateBy("max", {"job"}, up), BinaryOp::kEqual, Number{.value = 1});
  return Operation(std::move(vanished), BinaryOp::kAnd, std::move(alive),
                   {.by = promql::Matching::By::kOn, .labels = {"job"}});
}

}  // namespace belvedere::config

#include "controllers/config/promql/build.h"

#include <stdexcept>
#include <utility>

namespace belvedere::config::promql {
namespace {

template <typename Row>
const Row* Known(const Row* row, std::string_view name) {
  if (row == nullptr) throw std::logic_error("PromQL has no " + std::string(name));
  return row;
}

}  // namespace

Selector OverTime(Selector selector, double seconds) {
  selector.range = seconds;
  return selector;
}

Expr CallOf(std::string_view function, std::vector<Expr> arguments) {
  return Call{.function = Known(FindFunction(function), function),
              .arguments = std::move(arguments)};
}

Expr AggregateBy(std::string_view aggregation, std::vector<std::string> labels, Expr operand) {
  return Aggregate{.aggregation = Known(FindAggregation(aggregation), aggregation),
                   .operand = std::move(operand),
                   .labels = std::move(labels)};
}

Expr Operation(Expr left, BinaryOp op, Expr right, Matching matching) {
  return Binary{.op = op,
                .left = std::move(left),
                .right = std::move(right),
                .matching = std::move(matching)};
}

}  // namespace belvedere::config::promql

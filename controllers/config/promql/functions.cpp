#include "controllers/config/promql/functions.h"

#include <algorithm>
#include <array>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {
namespace {

constexpr ValueType kScalar = ValueType::kScalar;
constexpr ValueType kVector = ValueType::kVector;
constexpr Stability kExperimental = Stability::kExperimental;

// By name. https://prometheus.io/docs/prometheus/latest/querying/functions/
constexpr Function kFunctions[] = {
    {"abs", "v"},
    {"absent", "v"},
    {"absent_over_time", "m"},
    {"acos", "v"},
    {"acosh", "v"},
    {"asin", "v"},
    {"asinh", "v"},
    {"atan", "v"},
    {"atanh", "v"},
    {"avg_over_time", "m"},
    {"ceil", "v"},
    {"changes", "m"},
    {"clamp", "vss"},
    {"clamp_max", "vs"},
    {"clamp_min", "vs"},
    {"cos", "v"},
    {"cosh", "v"},
    {"count_over_time", "m"},
    {"day_of_month", "v", kVector, 1},
    {"day_of_week", "v", kVector, 1},
    {"day_of_year", "v", kVector, 1},
    {"days_in_month", "v", kVector, 1},
    {"deg", "v"},
    {"delta", "m"},
    {"deriv", "m"},
    {"double_exponential_smoothing", "mss", kVector, 0, kExperimental},
    {"end", "", kScalar, 0, kExperimental},
    {"exp", "v"},
    {"first_over_time", "m"},
    {"floor", "v"},
    {"histogram_avg", "v"},
    {"histogram_count", "v"},
    {"histogram_fraction", "ssv"},
    {"histogram_quantile", "sv"},
    {"histogram_quantiles", "vtss", kVector, 9, kExperimental},
    {"histogram_stddev", "v"},
    {"histogram_stdvar", "v"},
    {"histogram_sum", "v"},
    {"hour", "v", kVector, 1},
    {"idelta", "m"},
    {"increase", "m"},
    {"info", "vv", kVector, 1, kExperimental},
    {"irate", "m"},
    {"label_join", "vttt", kVector, -1},
    {"label_replace", "vtttt"},
    {"last_over_time", "m"},
    {"ln", "v"},
    {"log10", "v"},
    {"log2", "v"},
    {"mad_over_time", "m", kVector, 0, kExperimental},
    {"max_of", "ss", kScalar, 0, kExperimental},
    {"max_over_time", "m"},
    {"min_of", "ss", kScalar, 0, kExperimental},
    {"min_over_time", "m"},
    {"minute", "v", kVector, 1},
    {"month", "v", kVector, 1},
    {"pi", "", kScalar},
    {"predict_linear", "ms"},
    {"present_over_time", "m"},
    {"quantile_over_time", "sm"},
    {"rad", "v"},
    {"range", "", kScalar, 0, kExperimental},
    {"rate", "m"},
    {"resets", "m"},
    {"round", "vs", kVector, 1},
    {"scalar", "v", kScalar},
    {"sgn", "v"},
    {"sin", "v"},
    {"sinh", "v"},
    {"sort", "v"},
    {"sort_by_label", "vt", kVector, -1, kExperimental},
    {"sort_by_label_desc", "vt", kVector, -1, kExperimental},
    {"sort_desc", "v"},
    {"sqrt", "v"},
    {"start", "", kScalar, 0, kExperimental},
    {"start_timestamp", "v", kVector, 0, kExperimental},
    {"stddev_over_time", "m"},
    {"stdvar_over_time", "m"},
    {"step", "", kScalar, 0, kExperimental},
    {"sum_over_time", "m"},
    {"tan", "v"},
    {"tanh", "v"},
    {"time", "", kScalar},
    {"timestamp", "v"},
    {"ts_of_first_over_time", "m", kVector, 0, kExperimental},
    {"ts_of_last_over_time", "m", kVector, 0, kExperimental},
    {"ts_of_max_over_time", "m", kVector, 0, kExperimental},
    {"ts_of_min_over_time", "m", kVector, 0, kExperimental},
    {"vector", "s"},
    {"year", "v", kVector, 1},
};
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

// https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
constexpr Aggregation kAggregations[] = {
    {"avg"},
    {"bottomk", Aggregation::Parameter::kScalar},
    {"count"},
    {"count_values", Aggregation::Parameter::kString},
    {"group"},
    {"limit_ratio", Aggregation::Parameter::kScalar, kExperimental},
    {"limitk", Aggregation::Parameter::kScalar, kExperimental},
    {"max"},
    {"min"},
    {"quantile", Aggregation::Parameter::kScalar},
    {"stddev"},
    {"stdvar"},
    {"sum"},
    {"topk", Aggregation::Parameter::kScalar},
};
static_assert(std::ranges::is_sorted(kAggregations, {}, &Aggregation::name));

template <typename Table>
auto* Find(const Table& table, std::string_view name) {
  const auto* row = std::ranges::lower_bound(table, name, {}, [](const auto& r) { return r.name; });
  return row != std::end(table) && row->name == name ? row : nullptr;
}

}  // namespace

std::string_view ToString(ValueType type) {
  constexpr std::array<std::string_view, 4> kNames{"scalar", "instant vector", "range vector",
                                                   "string"};
  return kNames[static_cast<std::size_t>(type)];
}

ValueType Function::ArgumentType(std::size_t index) const {
  switch (arguments[std::min(index, arguments.size() - 1)]) {
    case 's':
      return ValueType::kScalar;
    case 'm':
      return ValueType::kMatrix;
    case 't':
      return ValueType::kString;
    default:
      return ValueType::kVector;
  }
}

std::span<const Function> Functions() { return kFunctions; }

const Function* FindFunction(std::string_view name) { return Find(kFunctions, name); }

std::span<const Aggregation> Aggregations() { return kAggregations; }

const Aggregation* FindAggregation(std::string_view name) {
  return Find(kAggregations, LowerCase(name));
}

}  // namespace belvedere::config::promql

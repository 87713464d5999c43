#include "controllers/config/slo_expressions.h"

#include <cmath>

#include "controllers/config/absence.h"
#include "controllers/config/promql/build.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/relabel.h"
#include "operator/base/duration.h"

namespace belvedere::config::slo {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals
using promql::AggregateBy;
using promql::BinaryOp;
using promql::CallOf;
using promql::Expr;
using promql::Matcher;
using promql::Operation;
using promql::OverTime;
using promql::Selector;
using std::chrono::seconds;

// Longer windows are sums over what is recorded.
constexpr seconds kLongestRead = 1h;
// Of a histogram's buckets, where they are told to the operator.
constexpr double kMostEdges = 64;

Expr Value(double value) { return promql::Number{.value = value}; }
double Count(seconds duration) { return static_cast<double>(duration.count()); }
Expr Positive(Expr expr) { return Operation(std::move(expr), BinaryOp::kGreater, Value(0)); }

std::string Name(std::string_view what, seconds window) {
  return "slo:" + std::string(what) + FormatDuration(window);
}

Selector Suffixed(Selector selector, std::string_view suffix) {
  selector.name += suffix;
  return selector;
}

// What is no slower than the threshold. Prometheus 3 writes le="1" as "1.0", and older series may
// be there as well.
Selector AtEdge(const Latency& latency) {
  const bool whole = latency.threshold == std::floor(latency.threshold);
  Selector bucket = Suffixed(latency.histogram, "_bucket");
  bucket.matchers.push_back(
      {.label = "le",
       .op = Matcher::Op::kRegex,
       .value = Quoted(promql::FormatNumber(latency.threshold)) + (whole ? "(\\.0+)?" : "")});
  return bucket;
}

}  // namespace

std::string TotalName(seconds window) { return Name("requests:rate", window); }
std::string BadName(seconds window) { return Name("errors:rate", window); }
std::string RatioName(seconds window) { return Name("error_ratio:", window); }

// What was recorded of this objective.
Selector Expressions::Recorded(std::string_view name) const {
  Selector selector{.name = std::string(name)};
  for (const auto& [label, value] : objective_.identity) {
    selector.matchers.push_back({.label = label, .op = Matcher::Op::kEqual, .value = value});
  }
  return selector;
}

Expr Expressions::SumRate(const Selector& selector, seconds window) const {
  return AggregateBy("sum", objective_.by, CallOf("rate", {OverTime(selector, Count(window))}));
}

Expr Expressions::HistogramRate(const Latency& latency, seconds window) const {
  return SumRate(latency.histogram, window);
}

Expr Expressions::TotalRate(seconds window) const {
  if (const auto* ratio = std::get_if<slo::Ratio>(&objective_.indicator)) {
    return SumRate(ratio->total, window);
  }
  const auto& latency = std::get<Latency>(objective_.indicator);
  if (latency.form == Latency::Form::kClassic) {
    return SumRate(Suffixed(latency.histogram, "_count"), window);
  }
  return CallOf("histogram_count", {HistogramRate(latency, window)});
}

Expr Expressions::BadRate(seconds window) const {
  const Expr total = TotalRate(window);
  const Expr none = Operation(Value(0), BinaryOp::kMultiply, total);
  if (const auto* ratio = std::get_if<slo::Ratio>(&objective_.indicator)) {
    // The series of errors may not have been born.
    return Operation(SumRate(ratio->bad, window), BinaryOp::kOr, none);
  }
  const auto& latency = std::get<Latency>(objective_.indicator);
  if (latency.form == Latency::Form::kClassic) {
    // Where the bucket is missing nothing is known, and nothing is recorded.
    Expr slow = Operation(total, BinaryOp::kSubtract, SumRate(AtEdge(latency), window));
    return CallOf("clamp_min", {std::move(slow), Value(0)});
  }
  // The fraction of no observations is NaN.
  const Expr good = CallOf("histogram_fraction",
                           {Value(0), Value(latency.threshold), HistogramRate(latency, window)});
  Expr slow = Operation(total, BinaryOp::kMultiply, Operation(Value(1), BinaryOp::kSubtract, good));
  return Operation(Operation(std::move(slow), BinaryOp::kAnd, Positive(total)), BinaryOp::kOr,
                   none);
}

Expr Expressions::Ratio(seconds window) const {
  if (window <= kLongestRead) {
    return Operation(Recorded(BadName(window)), BinaryOp::kDivide,
                     Positive(Recorded(TotalName(window))));
  }
  const auto sum = [&](const std::string& name) {
    return CallOf("sum_over_time", {OverTime(Recorded(name), Count(window))});
  };
  return Operation(sum(BadName(5min)), BinaryOp::kDivide, Positive(sum(TotalName(5min))));
}

Expr Expressions::PeriodRatio() const { return Ratio(objective_.window); }

Expr Expressions::BurnRate() const {
  return Operation(Recorded(RatioName(5min)), BinaryOp::kDivide, Value(objective_.target.Budget()));
}

Expr Expressions::Remaining() const {
  return Operation(
      Value(1), BinaryOp::kSubtract,
      Operation(Recorded(kPeriodRatio), BinaryOp::kDivide, Value(objective_.target.Budget())));
}

Expr Expressions::Exhausted() const {
  return Operation(Recorded(kRemaining), BinaryOp::kLessOrEqual, Value(0));
}

// Counters that are just born lack their first increase: too few rather than too many.
Expr Expressions::BadEvents(seconds window) const {
  if (window <= kLongestRead) {
    return Operation(Recorded(BadName(window)), BinaryOp::kMultiply, Value(Count(window)));
  }
  return Operation(CallOf("sum_over_time", {OverTime(Recorded(BadName(5min)), Count(window))}),
                   BinaryOp::kMultiply, Value(Count(kShortInterval)));
}

Expr Expressions::Burning(const TierWindows& windows) const {
  const auto burns = [&](seconds window) {
    Expr threshold = Operation(Value(BurnFactor(windows.tier, objective_.window)),
                               BinaryOp::kMultiply, Value(objective_.target.Budget()));
    return Operation(Recorded(RatioName(window)), BinaryOp::kGreater, std::move(threshold));
  };
  Expr both = Operation(burns(windows.long_window), BinaryOp::kAnd, burns(windows.short_window));
  if (objective_.least_bad <= 0) return both;
  Expr enough = Operation(BadEvents(windows.long_window), BinaryOp::kGreaterOrEqual,
                          Value(objective_.least_bad));
  return Operation(std::move(both), BinaryOp::kAnd, std::move(enough));
}

std::optional<Expr> Expressions::OtherEdges() const {
  const auto* latency = std::get_if<Latency>(&objective_.indicator);
  if (latency == nullptr || latency->form != Latency::Form::kClassic) return std::nullopt;
  const promql::Matching all{.by = promql::Matching::By::kOn};
  const Selector bucket = Suffixed(latency->histogram, "_bucket");
  const Expr edges = AggregateBy("group", {"le"}, bucket);
  Expr other = Operation(edges, BinaryOp::kUnless, AggregateBy("group", {}, AtEdge(*latency)), all);
  Expr few = Operation(AggregateBy("count", {}, edges), BinaryOp::kLessOrEqual, Value(kMostEdges));
  return Operation(std::move(other), BinaryOp::kAnd, std::move(few), all);
}

Expr Expressions::Idle() const {
  promql::Binary idle{.op = BinaryOp::kEqual,
                      .left = Expr(Recorded(TotalName(5min))),
                      .right = Value(0),
                      .result = promql::Binary::Result::kBool};
  return idle;
}

const Selector& Expressions::Source() const {
  const auto* ratio = std::get_if<slo::Ratio>(&objective_.indicator);
  return ratio != nullptr ? ratio->total : std::get<Latency>(objective_.indicator).histogram;
}

// The targets that the indicator's series come from: of the same job, in the same namespace.
std::optional<Selector> Expressions::Up() const {
  Selector up{.name = "up"};
  bool named = false;
  for (const Matcher& matcher : Source().matchers) {
    if (matcher.op != Matcher::Op::kEqual) continue;
    if (matcher.label == "job") named = true;
    if (matcher.label == "job" || matcher.label == "namespace") up.matchers.push_back(matcher);
  }
  return named ? std::optional(up) : std::nullopt;
}

std::optional<Expr> Expressions::TargetGone() const {
  const std::optional<Selector> up = Up();
  return up ? std::optional(config::TargetGone(*up)) : std::nullopt;
}

std::optional<Expr> Expressions::SeriesGone() const {
  const std::optional<Selector> up = Up();
  if (!up) return std::nullopt;
  Selector source = Source();
  const auto* latency = std::get_if<Latency>(&objective_.indicator);
  if (latency != nullptr && latency->form == Latency::Form::kClassic) source.name += "_count";
  return config::SeriesGone(source, *up, objective_.by);
}

}  // namespace belvedere::config::slo

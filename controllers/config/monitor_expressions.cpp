#include "controllers/config/monitor_expressions.h"

#include <limits>

#include "controllers/config/absence.h"
#include "controllers/config/promql/build.h"

namespace belvedere::config::monitors {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals
using promql::AggregateBy;
using promql::BinaryOp;
using promql::CallOf;
using promql::Expr;
using promql::Matching;
using promql::Operation;
using promql::Selector;
using std::chrono::seconds;

constexpr std::string_view kUsual = "monitor:usual";
constexpr std::string_view kLevel = "monitor:level";
constexpr std::string_view kShare = "monitor:share";
constexpr std::string_view kDeviation = "monitor:deviation";
constexpr std::string_view kSpread = "monitor:spread";
constexpr std::string_view kOutlier = "monitor:outlier";

// Makes a median of deviations comparable to a standard deviation.
constexpr double kNormal = 1.4826;
// Deviations of less than this part of what is usual are none, however steady a series is.
constexpr double kLeastEffect = 0.2;

// The median of these is the level of a series. A mean would be above a threshold for minutes after
// one high sample.
constexpr seconds kSteady = 5min;
constexpr seconds kDay = 24h;
constexpr seconds kForecastLookback = 6h;
constexpr std::string_view kWeekLabel = "monitor_week";

Expr Value(double value) { return promql::Number{.value = value}; }
double Count(seconds duration) { return static_cast<double>(duration.count()); }

Expr Over(std::string_view function, Selector selector, seconds range) {
  return CallOf(function, {promql::OverTime(std::move(selector), Count(range))});
}
Expr Median(Selector selector, seconds range) {
  return CallOf("quantile_over_time",
                {Value(0.5), promql::OverTime(std::move(selector), Count(range))});
}
Expr Before(std::string_view function, Selector selector, seconds range, seconds offset) {
  selector.when.offset = Count(offset);
  return Over(function, std::move(selector), range);
}

Expr And(Expr left, Expr right) {
  return Operation(std::move(left), BinaryOp::kAnd, std::move(right));
}
Expr Minus(Expr left, Expr right) {
  return Operation(std::move(left), BinaryOp::kSubtract, std::move(right));
}
Expr Times(double factor, Expr expr) {
  return Operation(Value(factor), BinaryOp::kMultiply, std::move(expr));
}
Expr Above(Expr left, Expr right) {
  return Operation(std::move(left), BinaryOp::kGreater, std::move(right));
}
Expr Abs(Expr expr) { return CallOf("abs", {std::move(expr)}); }

BinaryOp Beyond(Side side) { return side == Side::kAbove ? BinaryOp::kGreater : BinaryOp::kLess; }

// NaN compares to nothing: neither it nor what a division by zero gives stays.
Expr Finite(Expr expr) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return Operation(Above(std::move(expr), Value(-kInfinity)), BinaryOp::kLess, Value(kInfinity));
}

// At least `share` of the samples that a range should have.
Expr Covered(Selector selector, seconds range, double share) {
  return Operation(Over("count_over_time", std::move(selector), range), BinaryOp::kGreaterOrEqual,
                   Value(share * Count(range) / Count(kInterval)));
}

double FactorOf(Anomaly::Sensitivity sensitivity) {
  if (sensitivity == Anomaly::Sensitivity::kLow) return 4;
  return sensitivity == Anomaly::Sensitivity::kMedium ? 3 : 2;
}

Expr AggregateWithout(std::string_view aggregation, std::string_view label, Expr operand) {
  Expr made = AggregateBy(aggregation, {std::string(label)}, std::move(operand));
  std::get<promql::Aggregate>(made.node).grouping = promql::Aggregate::Grouping::kWithout;
  return made;
}

// Writes the formula of each kind.
class Maker {
 public:
  Maker(const Monitor& monitor, const AddedLabels& added) : monitor_(monitor), added_(added) {}

  Formula operator()(const Threshold& threshold) const {
    const BinaryOp beyond = Beyond(threshold.side);
    const Expr level = Median(Read(kValue), kSteady);
    Expr condition = Operation(level, beyond, Value(threshold.level));
    if (threshold.recovery) {
      Expr still =
          Operation(Operation(level, beyond, Value(*threshold.recovery)), BinaryOp::kAnd,
                    Firing("MonitorThreshold"), {.by = Matching::By::kIgnoring, .labels = added_});
      condition = Operation(std::move(condition), BinaryOp::kOr, std::move(still));
    }
    return {.alert = "MonitorThreshold",
            .recorded = {{kValue, Finite(threshold.value)}},
            .condition = std::move(condition)};
  }

  Formula operator()(const Absent& absent) const {
    Selector up{.name = "up"};
    const auto match = [&](const char* label, const std::string& value) {
      up.matchers.push_back({.label = label, .op = promql::Matcher::Op::kEqual, .value = value});
    };
    match("job", absent.job);
    if (!absent.ns.empty()) match("namespace", absent.ns);
    if (absent.series) {
      return {.alert = "MonitorSeriesGone", .condition = SeriesGone(*absent.series, up, {})};
    }
    return {.alert = "MonitorTargetGone", .condition = TargetGone(up)};
  }

  // One step up or down is a trend for as long as it is in sight. It has left the second window
  // before the alert could fire.
  Formula operator()(const Forecast& forecast) const {
    const BinaryOp beyond = Beyond(forecast.side);
    const auto reaches = [&](seconds lookback) {
      Expr predicted = CallOf("predict_linear", {promql::OverTime(Read(kValue), Count(lookback)),
                                                 Value(Count(forecast.within))});
      return Operation(std::move(predicted), beyond, Value(forecast.limit));
    };
    Formula formula{.alert = "MonitorForecast",
                    .recorded = {{kValue, Finite(forecast.value)}},
                    .condition = Read(kValue)};
    if (forecast.of) {
      formula.recorded.push_back(
          {kShare, Finite(Operation(forecast.value, BinaryOp::kDivide, *forecast.of))});
    }
    Expr near = Operation(Read(forecast.of ? kShare : kValue), beyond, Value(forecast.guard));
    formula.condition =
        And(And(And(std::move(near), reaches(kForecastLookback)), reaches(WaitOf(monitor_))),
            Covered(Read(kValue), kForecastLookback, 0.8));
    return formula;
  }

  Formula operator()(const Anomaly& anomaly) const {
    return anomaly.method == Anomaly::Method::kRobust ? Robust(anomaly) : Seasonal(anomaly);
  }

  Formula operator()(const Outlier& outlier) const {
    std::vector<std::string> labels = outlier.among;
    labels.insert(labels.end(), outlier.by.begin(), outlier.by.end());
    const Matching peers{
        .by = Matching::By::kOn, .labels = outlier.among, .group = Matching::Group::kLeft};
    const Matching same{.by = Matching::By::kOn, .labels = outlier.among};
    const auto among = [&](std::string_view aggregation, std::string_view name) {
      return AggregateBy(aggregation, outlier.among, Read(name));
    };
    const auto median = [&](std::string_view name) {
      Expr made = among("quantile", name);
      std::get<promql::Aggregate>(made.node).parameter = Value(0.5);
      return made;
    };
    const auto deviates = [&](Expr from) {
      return Operation(Read(kDeviation), BinaryOp::kGreater, std::move(from), peers);
    };
    Expr out = And(deviates(Times(outlier.tolerance, Read(kSpread))),
                   deviates(Times(kLeastEffect, Abs(Read(kUsual)))));
    out = outlier.least_change
              ? And(std::move(out), Above(Read(kDeviation), Value(*outlier.least_change)))
              : Operation(std::move(out), BinaryOp::kAnd, IsUsed(), same);
    // Where a third of the peers is out, nobody can say who is right.
    Expr few = Operation(Times(3, among("count", kOutlier)), BinaryOp::kLessOrEqual,
                         among("count", kLevel), same);
    Expr enough =
        Operation(among("count", kLevel), BinaryOp::kGreaterOrEqual, Value(outlier.least_peers));
    Expr condition =
        Operation(And(Read(kLevel), Read(kOutlier)), BinaryOp::kAnd, std::move(few), same);
    return {.alert = "MonitorOutlier",
            .recorded = {{kValue, Finite(AggregateBy("avg", std::move(labels), outlier.value))},
                         {kLevel, Median(Read(kValue), 15min)},
                         {kUsual, median(kLevel)},
                         {kDeviation,
                          Abs(Operation(Read(kLevel), BinaryOp::kSubtract, Read(kUsual), peers))},
                         {kSpread, Times(kNormal, median(kDeviation))},
                         {kOutlier, std::move(out)}},
            .condition = Operation(std::move(condition), BinaryOp::kAnd, std::move(enough), same)};
  }

  Formula operator()(const Change& change) const {
    Selector past = Read(kValue);
    past.when.offset = Count(change.over);
    const Expr before = Median(std::move(past), kSteady);
    Expr difference = Minus(Median(Read(kValue), kSteady), before);
    Formula formula{.alert = "MonitorChange",
                    .recorded = {{kValue, Finite(change.value)}, {kDeviation, difference}},
                    .condition = Read(kDeviation)};
    if (change.measure == Change::Measure::kShare) {
      // Of nothing, there is no share.
      formula.recorded.push_back(
          {kShare, Operation(Read(kDeviation), BinaryOp::kDivide, Above(Abs(before), Value(0)))});
    }
    const std::string_view measured =
        change.measure == Change::Measure::kShare ? kShare : kDeviation;
    formula.condition = Moved(measured, change.direction, Value(change.by));
    if (change.least_change) {
      formula.condition = And(
          std::move(formula.condition),
          Operation(Abs(Read(kDeviation)), BinaryOp::kGreaterOrEqual, Value(*change.least_change)));
    }
    return formula;
  }

  Formula operator()(const Condition& condition) const {
    return {.alert = "MonitorCondition", .condition = condition.expr};
  }

 private:
  Selector Read(std::string_view name) const { return Recorded(monitor_.identity, name); }

  Expr Firing(std::string_view alert) const {
    Selector alerts = Read("ALERTS");
    alerts.matchers.push_back({.label = "alertname", .value = std::string(alert)});
    alerts.matchers.push_back({.label = "alertstate", .value = "firing"});
    return alerts;
  }

  Expr IsUsed() const { return Operation(Read(kUsual), BinaryOp::kNotEqual, Value(0)); }

  Expr Moved(std::string_view name, Direction direction, Expr by) const {
    if (direction == Direction::kBoth) return Above(Abs(Read(name)), std::move(by));
    if (direction == Direction::kUp) return Above(Read(name), std::move(by));
    return Operation(Read(name), BinaryOp::kLess,
                     promql::Unary{.sign = promql::Sign::kMinus, .operand = std::move(by)});
  }

  // The value, where it deviates enough to matter.
  Expr Deviating(const Anomaly& anomaly) const {
    Expr far =
        Moved(kDeviation, anomaly.direction, Times(FactorOf(anomaly.sensitivity), Read(kSpread)));
    Expr matters = Above(Abs(Read(kDeviation)), Times(kLeastEffect, Abs(Read(kUsual))));
    Expr used = anomaly.least_change ? Above(Abs(Read(kDeviation)), Value(*anomaly.least_change))
                                     : IsUsed();
    return And(And(And(Read(kValue), std::move(far)), std::move(matters)), std::move(used));
  }

  // Medians, because one spike makes a mean and its deviation blind for a day.
  Formula Robust(const Anomaly& anomaly) const {
    Expr deviation = Minus(Read(kValue), Read(kUsual));
    Expr spread = Median(Read("monitor:distance"), kDay);
    return {.alert = "MonitorAnomaly",
            .recorded = {{kValue, Finite(anomaly.value)},
                         {kUsual, Median(Read(kValue), kDay)},
                         {kDeviation, std::move(deviation)},
                         {"monitor:distance", Abs(Read(kDeviation))},
                         {kSpread, Times(kNormal, std::move(spread))}},
            .condition = And(Deviating(anomaly), Covered(Read(kValue), kDay, 0.75))};
  }

  // This hour, a week, two and three weeks ago; `function` of each, by week.
  Expr Weeks(std::string_view function) const {
    const auto week = [&](int ago) {
      Expr hour = Before(function, Read(kValue), 1h, ago * 7 * kDay - 30min);
      return CallOf("label_replace", {std::move(hour), Text(std::string(kWeekLabel)),
                                      Text(std::to_string(ago)), Text(""), Text("")});
    };
    Expr weeks = Operation(week(1), BinaryOp::kOr, week(2));
    return Operation(std::move(weeks), BinaryOp::kOr, week(3));
  }

  static Expr Text(std::string text) { return promql::String{.value = std::move(text)}; }

  Formula Seasonal(const Anomaly& anomaly) const {
    Expr usual = AggregateWithout("quantile", kWeekLabel, Weeks("avg_over_time"));
    std::get<promql::Aggregate>(usual.node).parameter = Value(0.5);
    Expr trained = Operation(AggregateWithout("count", kWeekLabel, Weeks("avg_over_time")),
                             BinaryOp::kGreaterOrEqual, Value(3));
    return {.alert = "MonitorAnomaly",
            .recorded = {{kValue, Finite(anomaly.value)},
                         {kUsual, And(std::move(usual), std::move(trained))},
                         {kDeviation, Minus(Read(kValue), Read(kUsual))},
                         {kSpread, AggregateWithout("max", kWeekLabel, Weeks("stddev_over_time"))}},
            .condition = Deviating(anomaly)};
  }

  const Monitor& monitor_;
  const AddedLabels& added_;
};

}  // namespace

Selector Recorded(const std::map<std::string, std::string>& identity, std::string_view name) {
  Selector selector{.name = std::string(name)};
  for (const auto& [label, value] : identity) {
    selector.matchers.push_back(
        {.label = label, .op = promql::Matcher::Op::kEqual, .value = value});
  }
  return selector;
}

const Expr* ValueOf(const Kind& kind) {
  return std::visit(
      [](const auto& one) -> const Expr* {
        if constexpr (requires { one.value; }) return &one.value;
        return nullptr;
      },
      kind);
}

Formula MakeFormula(const Monitor& monitor, const AddedLabels& added) {
  return std::visit(Maker(monitor, added), monitor.kind);
}

}  // namespace belvedere::config::monitors

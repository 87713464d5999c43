#include "controllers/config/monitors.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "controllers/config/monitor_expressions.h"
#include "controllers/config/promql/build.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/types.h"
#include "controllers/config/promql/usage.h"
#include "operator/base/duration.h"

namespace belvedere::config::monitors {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals
using promql::BinaryOp;
using promql::Expr;
using std::chrono::seconds;

constexpr seconds kLeastWait = 5min;
constexpr seconds kLongestWait = 24h;
constexpr seconds kNoDataWait = 10min;
// A trend of less says nothing.
constexpr seconds kLeastTrend = 30min;
// Eight times what the trend is read from, and twice that for good measure.
constexpr seconds kFarthest = 12 * 24h;

tl::unexpected<Error> Bad(std::string message) {
  return Fail(ErrorCode::kInvalid, std::move(message));
}

Status Numbers(std::initializer_list<std::pair<std::string_view, std::optional<double>>> numbers) {
  for (const auto& [field, number] : numbers) {
    if (number && !std::isfinite(*number)) return Bad(std::string(field) + ": is no number");
  }
  return {};
}

Status Least(std::string_view field, std::optional<double> number) {
  if (number && *number <= 0) return Bad(std::string(field) + ": must be more than 0");
  return Numbers({{field, number}});
}

// An expression of series, each of which may be told from the others tomorrow too.
Status CheckSeries(std::string_view field, const Expr& expr) {
  const std::string path(field);
  if (promql::TypeOf(expr) != promql::ValueType::kVector) {
    return Bad(path + ": must be an instant vector");
  }
  const promql::Usage usage = promql::UsageOf(expr);
  if (usage.selectors.empty()) return Bad(path + ": reads no series");
  if (usage.unnamed > 0) return Bad(path + ": reads series of any name");
  for (const char* fragile : {"topk", "bottomk", "limitk", "limit_ratio"}) {
    if (usage.functions.contains(fragile)) {
      return Bad(path + ": " + fragile + " gives other series each time, so that an alert ends");
    }
  }
  return {};
}

// Whether `expr` yields nothing while all is well.
bool IsCondition(const Expr& expr) {
  if (const auto* paren = std::get_if<promql::Paren>(&expr.node))
    return IsCondition(*paren->operand);
  if (const auto* call = std::get_if<promql::Call>(&expr.node)) {
    return call->function->name.starts_with("absent");
  }
  if (const auto* aggregate = std::get_if<promql::Aggregate>(&expr.node)) {
    return IsCondition(*aggregate->operand);
  }
  const auto* binary = std::get_if<promql::Binary>(&expr.node);
  if (binary == nullptr) return false;
  const promql::BinaryOperator& op = promql::OperatorOf(binary->op);
  if (op.kind == promql::BinaryOperator::Kind::kComparison) {
    return binary->result == promql::Binary::Result::kFilter;
  }
  if (binary->op == BinaryOp::kOr) return IsCondition(*binary->left) && IsCondition(*binary->right);
  if (binary->op == BinaryOp::kUnless) return true;
  return IsCondition(*binary->left) || IsCondition(*binary->right);
}

// What each kind needs beside a value.
struct Checker {
  const Monitor& monitor;

  Status operator()(const Threshold& threshold) const {
    if (Status ok = Numbers({{"level", threshold.level}, {"recovery", threshold.recovery}}); !ok) {
      return ok;
    }
    if (!threshold.recovery) return {};
    const bool above = threshold.side == Side::kAbove;
    const bool inside =
        above ? *threshold.recovery < threshold.level : *threshold.recovery > threshold.level;
    if (inside) return {};
    return Bad(std::string("recovery: must be ") + (above ? "below" : "above") +
               " the level, which is " + promql::FormatNumber(threshold.level));
  }

  Status operator()(const Absent& absent) const {
    if (absent.job.empty()) return Bad("job: is missing");
    if (!absent.series) return {};
    const promql::Selector& series = *absent.series;
    if (!series.name.empty() && !series.range && series.when == promql::When()) return {};
    return Bad("series: is no plain selector with a name");
  }

  Status operator()(const Forecast& forecast) const {
    if (forecast.of) {
      if (Status ok = CheckSeries("of", *forecast.of); !ok) return ok;
    }
    if (Status ok = Numbers({{"limit", forecast.limit}, {"guard", forecast.guard}}); !ok) return ok;
    if (forecast.within < 1h || forecast.within > kFarthest) {
      return Bad("within: must be between 1h and " + FormatDuration(kFarthest) +
                 ", since the trend is read from six hours");
    }
    if (WaitOf(monitor) < kLeastTrend) {
      return Bad("for: must be at least 30m, since the trend has to last as long");
    }
    const bool below = forecast.side == Side::kBelow;
    if (forecast.of) {
      if (forecast.guard > 0 && forecast.guard < 1) return {};
      return Bad("guard: must be between 0 and 100 %, and neither of them");
    }
    if (below ? forecast.guard > forecast.limit : forecast.guard < forecast.limit) return {};
    return Bad(std::string("guard: must be ") + (below ? "above" : "below") + " the limit");
  }

  Status operator()(const Anomaly& anomaly) const {
    return Least("leastChange", anomaly.least_change);
  }

  Status operator()(const Outlier& outlier) const {
    if (Status ok = Least("leastChange", outlier.least_change); !ok) return ok;
    if (Status ok = Least("tolerance", outlier.tolerance); !ok) return ok;
    if (outlier.least_peers < 3) return Bad("leastPeers: must be at least 3");
    if (outlier.by.empty()) return Bad("by: is missing: nothing tells the peers apart");
    std::vector<std::string> seen;
    for (const auto* labels : {&outlier.among, &outlier.by}) {
      for (const std::string& label : *labels) {
        const std::string field = labels == &outlier.by ? "by: " : "among: ";
        if (!promql::IsPlainLabel(label) || monitor.identity.contains(label)) {
          return Bad(field + promql::Quote(label) + " is no label that series could have here");
        }
        if (std::ranges::find(seen, label) != seen.end()) {
          return Bad(field + promql::Quote(label) + " is given twice");
        }
        seen.push_back(label);
      }
    }
    return {};
  }

  Status operator()(const Change& change) const {
    if (Status ok = Least("by", change.by); !ok) return ok;
    if (Status ok = Least("leastChange", change.least_change); !ok) return ok;
    if (change.measure == Change::Measure::kShare && change.direction == Direction::kDown &&
        change.by >= 1) {
      return Bad("by: nothing falls by more than all of it");
    }
    // Else the alert compares the fault with itself, and ends before it fires.
    if (change.over < 2 * WaitOf(monitor) || change.over > 7 * 24h) {
      return Bad("over: must be at least twice `for`, and at most 7d");
    }
    return {};
  }

  Status operator()(const Condition& condition) const {
    if (Status ok = CheckSeries("expr", condition.expr); !ok) return ok;
    if (IsCondition(condition.expr)) return {};
    return Bad("expr: compares nothing, so that it would always fire");
  }
};

// The labels that the alert has and its series has not.
AddedLabels Added(const Monitor& monitor) {
  AddedLabels labels{"alertname", "alertstate", "severity"};
  for (const auto& [label, value] : monitor.alert_labels) labels.push_back(label);
  return labels;
}

Rule Alert(const Monitor& monitor, std::string_view name, Expr expr, Severity severity) {
  Rule rule{.name = std::string(name), .kind = Rule::Kind::kAlert, .expr = std::move(expr)};
  rule.labels = monitor.identity;
  rule.labels["severity"] = ToString(severity);
  rule.labels.insert(monitor.alert_labels.begin(), monitor.alert_labels.end());
  return rule;
}

// Nothing is there, though something was within a day. What is no number is there: it is idle.
Expr Vanished(const Monitor& monitor, const Expr& value) {
  Expr gone = promql::AggregateBy("max", {}, promql::CallOf("absent", {value}));
  Expr before = promql::AggregateBy(
      "count", {},
      promql::CallOf("present_over_time",
                     {promql::OverTime(Recorded(monitor.identity, kValue), 24 * 60 * 60)}));
  return promql::Operation(std::move(gone), BinaryOp::kAnd, std::move(before));
}

}  // namespace

std::string_view ToString(Severity severity) {
  return severity == Severity::kPage ? "critical" : "warning";
}

seconds WaitOf(const Monitor& monitor) {
  if (monitor.wait) return *monitor.wait;
  // In the order of Kind.
  constexpr std::array<seconds, std::variant_size_v<Kind>> kWaits{5min,  10min, 1h,  10min,
                                                                  10min, 5min,  5min};
  return kWaits[monitor.kind.index()];
}

// What compares the value of the moment is slow to end, so that noise does not make it flap.
seconds KeepOf(const Monitor& monitor) {
  if (monitor.keep) return *monitor.keep;
  if (const auto* threshold = std::get_if<Threshold>(&monitor.kind)) {
    return threshold->recovery ? 0min : 5min;
  }
  return std::holds_alternative<Anomaly>(monitor.kind) ? 5min : 0min;
}

Status Check(const Monitor& monitor, seconds retention) {
  const seconds wait = WaitOf(monitor);
  if (wait < kLeastWait || wait >= kLongestWait) {
    return Bad("for: must be at least 5m, and less than 1d");
  }
  if (KeepOf(monitor) < 0s || KeepOf(monitor) >= kLongestWait) {
    return Bad("keepFiringFor: must be less than 1d");
  }
  if (monitor.severity == Severity::kPage && monitor.symptom == Symptom::kNo) {
    return Bad("severity: only what users feel may page; if they do, say `symptom: true`");
  }
  if (const Expr* value = ValueOf(monitor.kind)) {
    if (Status ok = CheckSeries("value", *value); !ok) return ok;
  }
  if (Status ok = std::visit(Checker{monitor}, monitor.kind); !ok) return ok;
  for (const Rule& rule : MakeGroup(monitor).rules) {
    const double lookback = promql::UsageOf(rule.expr).longest_lookback;
    if (lookback <= static_cast<double>(retention.count())) continue;
    return Bad("it reads " + promql::FormatSeconds(lookback) +
               " into the past, and series are kept for " + FormatDuration(retention));
  }
  return {};
}

Group MakeGroup(const Monitor& monitor) {
  Formula formula = MakeFormula(monitor, Added(monitor));
  Group group{.name = "monitor", .interval = kInterval};
  for (Formula::Series& series : formula.recorded) {
    group.rules.push_back({.name = std::string(series.name),
                           .kind = Rule::Kind::kRecord,
                           .expr = std::move(series.expr),
                           .labels = monitor.identity});
  }
  Rule alert = Alert(monitor, formula.alert, std::move(formula.condition), monitor.severity);
  alert.wait = WaitOf(monitor);
  alert.keep = KeepOf(monitor);
  group.rules.push_back(std::move(alert));
  const Expr* value = ValueOf(monitor.kind);
  if (value != nullptr && monitor.no_data == NoData::kTicket) {
    Rule missing = Alert(monitor, "MonitorNoData", Vanished(monitor, *value), Severity::kTicket);
    missing.wait = kNoDataWait;
    group.rules.push_back(std::move(missing));
  }
  return group;
}

}  // namespace belvedere::config::monitors

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "controllers/config/slo.h"

namespace belvedere::config::slo {

// How often rates are recorded.
inline constexpr std::chrono::seconds kShortInterval{30};

inline constexpr std::string_view kPeriodRatio = "slo:error_ratio:period";
inline constexpr std::string_view kRemaining = "slo:error_budget:remaining";

// Names of the series that are recorded for a window.
std::string TotalName(std::chrono::seconds window);
std::string BadName(std::chrono::seconds window);
std::string RatioName(std::chrono::seconds window);

// The formulas of one objective. Those of windows up to an hour read the service's own series; all
// others read what is recorded from them, which costs the same whatever the service has.
class Expressions {
 public:
  explicit Expressions(const Objective& objective) : objective_(objective) {}

  // Requests a second.
  promql::Expr TotalRate(std::chrono::seconds window) const;
  // Bad requests a second: 0 where there are requests and none is bad.
  promql::Expr BadRate(std::chrono::seconds window) const;
  // Bad requests of all in the window, each request weighing the same; nothing, and never NaN,
  // while there are no requests.
  promql::Expr Ratio(std::chrono::seconds window) const;
  promql::Expr PeriodRatio() const;
  promql::Expr BurnRate() const;
  // The part of the budget that is left; below 0 if more than all is gone.
  promql::Expr Remaining() const;
  promql::Expr Exhausted() const;
  // The edges of the buckets where none is the threshold: sixty-four at most, else none. Nothing
  // where the indicator is no classic histogram.
  std::optional<promql::Expr> OtherEdges() const;
  // Both windows of the tier burn, by no fewer bad requests than is worth an alert.
  promql::Expr Burning(const TierWindows& windows) const;

  // Why there may be no data. Idle: there are series, and they stand still.
  promql::Expr Idle() const;
  // None where the indicator names no job, by which its targets could be found.
  std::optional<promql::Expr> TargetGone() const;
  std::optional<promql::Expr> SeriesGone() const;

 private:
  promql::Selector Recorded(std::string_view name) const;
  promql::Expr SumRate(const promql::Selector& selector, std::chrono::seconds window) const;
  promql::Expr HistogramRate(const Latency& latency, std::chrono::seconds window) const;
  promql::Expr BadEvents(std::chrono::seconds window) const;
  const promql::Selector& Source() const;
  std::optional<promql::Selector> Up() const;

  const Objective& objective_;
};

}  // namespace belvedere::config::slo

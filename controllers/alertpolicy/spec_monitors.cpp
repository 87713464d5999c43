#include "controllers/alertpolicy/spec_monitors.h"

#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "controllers/alertpolicy/spec_text.h"
#include "controllers/config/promql/literals.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace monitors = config::monitors;
namespace promql = config::promql;
using monitors::Direction;

promql::Expr None() { return promql::Number{}; }

// A number, or with % a hundredth of one, as text.
std::optional<double> ReadNumber(FieldReader& reader, const std::string& key) {
  const std::optional<std::string> text = reader.Text(key, 32);
  if (!text) return std::nullopt;
  std::string_view digits = *text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const bool percent = digits.ends_with('%');
  if (percent) digits.remove_suffix(1);
  const std::optional<double> value = promql::ParseNumber(digits);
  if (!value) {
    reader.Note(key, "\"" + *text + "\" is no number, such as 0.5 or 50%");
    return std::nullopt;
  }
  return (negative ? -1 : 1) * *value / (percent ? 100 : 1);
}

double ReadNeededNumber(FieldReader& reader, const std::string& key) {
  const std::optional<double> value = ReadNumber(reader, key);
  if (!value && !reader.Has(key)) reader.Note(key, "is required: a number");
  return value.value_or(0);
}

std::optional<seconds> ReadTime(FieldReader& reader, const std::string& key) {
  const std::optional<milliseconds> time = reader.Duration(key, seconds(0), hours(24 * 31));
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<seconds>(*time);
}

Direction ReadDirection(FieldReader& reader) {
  return reader.Choice<Direction>(
      "direction", {{"Up", Direction::kUp}, {"Down", Direction::kDown}, {"Both", Direction::kBoth}},
      Direction::kBoth);
}

// Exactly one of `above` and `below`.
std::pair<monitors::Side, double> ReadSide(FieldReader& reader) {
  const bool above = reader.Has("above");
  if (above == reader.Has("below")) reader.Note("", "needs one of above, below");
  const std::optional<double> upper = ReadNumber(reader, "above");
  const std::optional<double> lower = ReadNumber(reader, "below");
  if (above) return {monitors::Side::kAbove, upper.value_or(0)};
  return {monitors::Side::kBelow, lower.value_or(0)};
}

monitors::Threshold ReadThreshold(FieldReader& reader) {
  monitors::Threshold threshold{.value = ReadExpression(reader, "value")};
  std::tie(threshold.side, threshold.level) = ReadSide(reader);
  const bool above = threshold.side == monitors::Side::kAbove;
  threshold.recovery = ReadNumber(reader, above ? "recoverBelow" : "recoverAbove");
  return threshold;
}

monitors::Absent ReadAbsent(FieldReader& reader) {
  monitors::Absent absent{.job = reader.Text("job", 256).value_or("")};
  if (absent.job.empty()) reader.Note("job", "is required: the job whose targets are looked for");
  if (const auto series = reader.Text("series", kMaxExpression)) {
    absent.series = ToSelector(reader, "series", *series);
  }
  return absent;
}

monitors::Forecast ReadForecast(FieldReader& reader) {
  monitors::Forecast forecast{.value = ReadExpression(reader, "value")};
  if (reader.Has("of")) forecast.of = ReadExpression(reader, "of");
  std::tie(forecast.side, forecast.limit) = ReadSide(reader);
  if (const auto within = ReadTime(reader, "within")) forecast.within = *within;
  const bool below = forecast.side == monitors::Side::kBelow;
  forecast.guard = ReadNeededNumber(reader, below ? "onlyUnder" : "onlyOver");
  return forecast;
}

monitors::Anomaly ReadAnomaly(FieldReader& reader) {
  using Method = monitors::Anomaly::Method;
  using Sensitivity = monitors::Anomaly::Sensitivity;
  monitors::Anomaly anomaly{.value = ReadExpression(reader, "value")};
  anomaly.method = reader.Choice<Method>(
      "method", {{"Robust", Method::kRobust}, {"Seasonal", Method::kSeasonal}}, Method::kRobust);
  anomaly.sensitivity = reader.Choice<Sensitivity>(
      "sensitivity",
      {{"Low", Sensitivity::kLow}, {"Medium", Sensitivity::kMedium}, {"High", Sensitivity::kHigh}},
      Sensitivity::kMedium);
  anomaly.direction = ReadDirection(reader);
  anomaly.least_change = ReadNumber(reader, "leastChange");
  return anomaly;
}

monitors::Outlier ReadOutlier(FieldReader& reader) {
  monitors::Outlier outlier{.value = ReadExpression(reader, "value")};
  outlier.among = ReadLabels(reader, "among");
  outlier.by = ReadLabels(reader, "by");
  if (const auto tolerance = ReadNumber(reader, "tolerance")) outlier.tolerance = *tolerance;
  if (const auto peers = reader.Integer("leastPeers", 3, 1000)) {
    outlier.least_peers = static_cast<int>(*peers);
  }
  outlier.least_change = ReadNumber(reader, "leastChange");
  return outlier;
}

monitors::Change ReadChange(FieldReader& reader) {
  monitors::Change change{.value = ReadExpression(reader, "value")};
  const std::string by = reader.Text("by", 32).value_or("");
  change.by = ReadNeededNumber(reader, "by");
  change.measure =
      by.ends_with('%') ? monitors::Change::Measure::kShare : monitors::Change::Measure::kAmount;
  change.direction = ReadDirection(reader);
  if (const auto over = ReadTime(reader, "over")) change.over = *over;
  change.least_change = ReadNumber(reader, "leastChange");
  return change;
}

// Of the field `name` of a monitor.
struct KindField {
  std::string name;
  monitors::Kind (*read)(FieldReader& monitor, const std::string& name);
};

template <auto Read>
monitors::Kind In(FieldReader& monitor, const std::string& name) {
  FieldReader reader = monitor.Child(name);
  monitors::Kind kind = Read(reader);
  reader.RejectOthers();
  return kind;
}

monitors::Kind ReadCondition(FieldReader& monitor, const std::string& name) {
  return monitors::Condition{.expr = ReadExpression(monitor, name)};
}

monitors::Kind ReadKind(FieldReader& reader) {
  static const std::array<KindField, 7> kKinds{{{"threshold", In<ReadThreshold>},
                                                {"absent", In<ReadAbsent>},
                                                {"forecast", In<ReadForecast>},
                                                {"anomaly", In<ReadAnomaly>},
                                                {"outlier", In<ReadOutlier>},
                                                {"change", In<ReadChange>},
                                                {"expr", ReadCondition}}};
  const KindField* given = nullptr;
  int count = 0;
  std::string names;
  for (const KindField& kind : kKinds) {
    names += (names.empty() ? "" : ", ") + kind.name;
    if (!reader.Has(kind.name)) continue;
    given = &kind;
    ++count;
  }
  if (count != 1) reader.Note("", "needs one of " + names);
  return given != nullptr ? given->read(reader, given->name) : monitors::Condition{.expr = None()};
}

}  // namespace

monitors::Monitor ReadMonitor(FieldReader& reader) {
  using monitors::NoData;
  using monitors::Severity;
  monitors::Monitor monitor{.kind = ReadKind(reader)};
  monitor.severity = reader.Choice<Severity>(
      "severity", {{"Page", Severity::kPage}, {"Ticket", Severity::kTicket}}, Severity::kTicket);
  monitor.symptom =
      reader.Flag("symptom").value_or(false) ? monitors::Symptom::kYes : monitors::Symptom::kNo;
  monitor.wait = ReadTime(reader, "for");
  monitor.keep = ReadTime(reader, "keepFiringFor");
  monitor.no_data = reader.Choice<NoData>(
      "noData", {{"Ticket", NoData::kTicket}, {"Ignore", NoData::kIgnore}}, NoData::kTicket);
  return monitor;
}

}  // namespace belvedere::alertpolicy

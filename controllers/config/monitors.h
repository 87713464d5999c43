#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "controllers/config/promql/ast.h"
#include "controllers/config/rule_group.h"
#include "operator/base/result.h"

// Monitors as rules of Prometheus: the formulas, as pure functions. docs/monitors explains each
// and shows how soon it finds a fault.
namespace belvedere::config::monitors {

enum class Side { kAbove, kBelow };
enum class Direction { kUp, kDown, kBoth };

// The median of five minutes is beyond a level.
struct Threshold {
  promql::Expr value;
  Side side = Side::kAbove;
  double level = 0;
  std::optional<double> recovery;  // once the alert fires: the level up to which it goes on
};

// No target of a job is up, or none is known. With `series`: those that were there are gone though
// a target is up.
struct Absent {
  std::string job;
  std::string ns;  // of the targets; empty: any
  std::optional<promql::Selector> series;
};

// Goes beyond a limit soon, if it goes on as in the last hours and as just now.
struct Forecast {
  promql::Expr value;
  std::optional<promql::Expr> of;  // what `value` is a part of
  Side side = Side::kBelow;
  double limit = 0;
  std::chrono::seconds within = std::chrono::hours(24);
  // Silent until the value, or its share where `of` is given, is beyond this: far from the limit a
  // trend means nothing.
  double guard = 0;
};

// Far from what is usual: of the last day (robust), or of this hour in the last three weeks.
struct Anomaly {
  enum class Method { kRobust, kSeasonal };
  enum class Sensitivity { kLow, kMedium, kHigh };

  promql::Expr value;
  Method method = Method::kRobust;
  Sensitivity sensitivity = Sensitivity::kMedium;
  Direction direction = Direction::kBoth;
  // Smaller deviations are none. Without it a value that is usually 0 has no usual size, and the
  // monitor is silent.
  std::optional<double> least_change;
};

// One of several peers is far from the others.
struct Outlier {
  promql::Expr value;
  std::vector<std::string> among;  // labels that peers have in common
  std::vector<std::string> by;     // labels that tell them apart
  double tolerance = 3;            // in standard deviations of a normal distribution
  int least_peers = 5;
  std::optional<double> least_change;  // as of Anomaly
};

// Not what it was some time ago.
struct Change {
  enum class Measure { kAmount, kShare };  // share: of what it was

  promql::Expr value;
  Measure measure = Measure::kShare;
  Direction direction = Direction::kBoth;
  double by = 0;
  std::chrono::seconds over = std::chrono::hours(1);
  std::optional<double> least_change;  // of kShare: smaller differences are none
};

// A condition in PromQL.
struct Condition {
  promql::Expr expr;
};

using Kind = std::variant<Threshold, Absent, Forecast, Anomaly, Outlier, Change, Condition>;

enum class Severity { kPage, kTicket };
enum class Symptom { kNo, kYes };  // whether users feel it
enum class NoData { kIgnore, kTicket };

// The value of the label `severity`.
std::string_view ToString(Severity severity);

struct Monitor {
  // On each series and alert that is made, and in the selectors that read them again. Rules
  // overwrite labels of series, so nobody can forge these.
  std::map<std::string, std::string> identity;
  std::map<std::string, std::string> alert_labels;  // more, on alerts
  Kind kind;
  Severity severity = Severity::kTicket;
  Symptom symptom = Symptom::kNo;
  std::optional<std::chrono::seconds> wait;  // none: what suits the kind
  std::optional<std::chrono::seconds> keep;  // none: what suits the kind
  NoData no_data = NoData::kTicket;
};

// How long the condition has to hold before the alert fires, and how long that fires on.
std::chrono::seconds WaitOf(const Monitor& monitor);
std::chrono::seconds KeepOf(const Monitor& monitor);

// Why the monitor cannot work, or would wake people for nothing: the field, and the reason.
// kInvalid.
Status Check(const Monitor& monitor, std::chrono::seconds retention);

// The rules of a monitor that Check() accepts.
Group MakeGroup(const Monitor& monitor);

}  // namespace belvedere::config::monitors

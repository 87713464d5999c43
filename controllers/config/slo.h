#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "controllers/config/promql/ast.h"
#include "controllers/config/rule_group.h"
#include "operator/base/result.h"

// Service level objectives as rules of Prometheus: the formulas, as pure functions.
namespace belvedere::config::slo {

// How many of all requests have to be good.
class Target {
 public:
  // Percent, "99.9"; at most six digits after the point. Error: kInvalid, also where it is not
  // between 0 and 100.
  static Result<Target> Parse(std::string_view percent);

  // The part of all requests that may be bad: 0.001 for 99.9 %, to the last digit.
  double Budget() const;
  double Objective() const;

 private:
  explicit Target(std::int64_t millionths) : millionths_(millionths) {}

  std::int64_t millionths_;  // of a percent
};

// Counters of all requests, and of bad ones.
struct Ratio {
  promql::Selector total;
  promql::Selector bad;
};

// A histogram of seconds, named without suffix. Slower than the threshold is bad.
struct Latency {
  enum class Form { kClassic, kNative };

  promql::Selector histogram;
  double threshold = 0;
  Form form = Form::kClassic;
};

enum class Tier { kFast, kMedium, kSlow, kLong };

// How much of the budget may be gone within the long window. Both windows must burn: the short one
// ends the alert soon after the fault has ended.
// https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
struct TierWindows {
  Tier tier = Tier::kFast;
  std::string_view name;
  std::string_view severity;
  std::chrono::seconds long_window{};
  std::chrono::seconds short_window{};
  int budget_percent = 0;
};

const TierWindows& WindowsOf(Tier tier);

struct Objective {
  // On each series and alert that is made, and in the selectors that read them again: what tells
  // this objective from all others. Rules overwrite labels of series, so nobody can forge these.
  std::map<std::string, std::string> identity;
  std::map<std::string, std::string> alert_labels;  // more, on alerts
  Target target;
  std::chrono::seconds window = std::chrono::days(30);
  std::variant<Ratio, Latency> indicator;
  std::vector<std::string> by;  // labels that have an objective each
  std::vector<Tier> tiers{Tier::kFast, Tier::kMedium, Tier::kSlow, Tier::kLong};
  double least_bad = 5;  // bad requests below which a tier stays silent; 0: none
};

// How many times faster than sustainable the budget burns at the tier's threshold.
double BurnFactor(Tier tier, std::chrono::seconds window);

// What an alert of a tier waits for: the longest of 0, 1, 2 and 5 minutes in which a full outage
// costs at most a twentieth of the budget.
std::chrono::minutes WaitOf(const Target& target, std::chrono::seconds window);

// Why the objective cannot work: tiers that can never fire or that would fire on sustainable
// burning, a window that is longer than series are kept, no tier, labels that clash. kInvalid.
Status Check(const Objective& objective, std::chrono::seconds retention);

// The edges of a classic histogram's buckets (values of `le`) must have the threshold: else nothing
// is known of it. Error: kInvalid, naming those there are.
Status CheckEdge(double threshold, const std::set<double>& edges);

// Recorded by `le` while none of a classic histogram's edges is the threshold: those there are.
inline constexpr const char* kOtherEdges = "slo:latency_edges:other";

using config::Group;
using config::Rule;
using config::ToRuleFile;

// The rules of an objective that Check() accepts.
std::vector<Group> MakeGroups(const Objective& objective);

}  // namespace belvedere::config::slo

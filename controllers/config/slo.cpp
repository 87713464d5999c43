#include "controllers/config/slo.h"

#include <array>
#include <charconv>
#include <set>

#include "controllers/config/promql/build.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/slo_expressions.h"
#include "operator/base/duration.h"

namespace belvedere::config::slo {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals
using std::chrono::seconds;

constexpr std::int64_t kWhole = 100'000'000;  // millionths of a percent
constexpr seconds kLongInterval = 2min;

constexpr std::array<TierWindows, 4> kTiers{{
    {Tier::kFast, "fast", "critical", 1h, 5min, 2},
    {Tier::kMedium, "medium", "critical", 6h, 30min, 5},
    {Tier::kSlow, "slow", "warning", 24h, 2h, 10},
    {Tier::kLong, "long", "warning", 72h, 6h, 10},
}};

tl::unexpected<Error> Bad(std::string message) {
  return Fail(ErrorCode::kInvalid, std::move(message));
}

std::string Text(seconds duration) { return FormatDuration(duration); }

std::vector<const promql::Selector*> SelectorsOf(const Objective& objective) {
  if (const auto* ratio = std::get_if<Ratio>(&objective.indicator)) {
    return {&ratio->total, &ratio->bad};
  }
  return {&std::get<Latency>(objective.indicator).histogram};
}

// Writes the rules of one objective.
class Maker {
 public:
  explicit Maker(const Objective& objective) : objective_(objective), expressions_(objective) {}

  std::vector<Group> Make() {
    fast_.name = "short";
    fast_.interval = kShortInterval;
    slow_.name = "long";
    slow_.interval = kLongInterval;
    Describe();
    for (const seconds window : {seconds(5min), seconds(30min), seconds(1h)}) {
      Record(fast_, TotalName(window), expressions_.TotalRate(window));
      Record(fast_, BadName(window), expressions_.BadRate(window));
    }
    for (const seconds window : Windows()) {
      Record(GroupOf(window), RatioName(window), expressions_.Ratio(window));
    }
    Record(slow_, std::string(kPeriodRatio), expressions_.PeriodRatio());
    Record(fast_, "slo:burn_rate:5m", expressions_.BurnRate());
    Record(slow_, std::string(kRemaining), expressions_.Remaining());
    Record(fast_, "slo:idle:bool", expressions_.Idle());
    if (auto edges = expressions_.OtherEdges()) Record(fast_, kOtherEdges, std::move(*edges));
    for (const Tier tier : objective_.tiers) AddTier(tier);
    AddCompanions();
    return {std::move(fast_), std::move(slow_)};
  }

 private:
  // Those that the tiers read, and 5m for people.
  std::set<seconds> Windows() const {
    std::set<seconds> windows{5min};
    for (const Tier tier : objective_.tiers) {
      windows.insert({WindowsOf(tier).short_window, WindowsOf(tier).long_window});
    }
    return windows;
  }

  Group& GroupOf(seconds window) { return window <= 6h ? fast_ : slow_; }

  void Record(Group& group, std::string name, promql::Expr expr) {
    group.rules.push_back({.name = std::move(name),
                           .kind = Rule::Kind::kRecord,
                           .expr = std::move(expr),
                           .labels = objective_.identity});
  }

  void Alert(Group& group, std::string name, promql::Expr expr, seconds wait,
             std::map<std::string, std::string> labels) {
    labels.insert(objective_.alert_labels.begin(), objective_.alert_labels.end());
    labels.insert(objective_.identity.begin(), objective_.identity.end());
    group.rules.push_back({.name = std::move(name),
                           .kind = Rule::Kind::kAlert,
                           .expr = std::move(expr),
                           .wait = wait,
                           .labels = std::move(labels)});
  }

  // One constant series each, for dashboards.
  void Describe() {
    const auto constant = [&](std::string name, double value) {
      Record(slow_, std::move(name), promql::CallOf("vector", {promql::Number{.value = value}}));
    };
    constant("slo:objective:ratio", objective_.target.Objective());
    constant("slo:error_budget:ratio", objective_.target.Budget());
    constant("slo:window:days", static_cast<double>(objective_.window.count()) / 86400);
  }

  void AddTier(Tier tier) {
    const TierWindows& windows = WindowsOf(tier);
    Alert(GroupOf(windows.long_window), "SloBudgetBurn", expressions_.Burning(windows),
          WaitOf(objective_.target, objective_.window),
          {{"burn_tier", std::string(windows.name)}, {"severity", std::string(windows.severity)}});
  }

  void AddCompanions() {
    Alert(slow_, "SloBudgetExhausted", expressions_.Exhausted(), 15min, {{"severity", "warning"}});
    if (auto gone = expressions_.TargetGone()) {
      Alert(fast_, "SloTargetGone", std::move(*gone), 10min, {{"severity", "warning"}});
    }
    if (auto gone = expressions_.SeriesGone()) {
      Alert(fast_, "SloSeriesGone", std::move(*gone), 10min, {{"severity", "warning"}});
    }
  }

  const Objective& objective_;
  const Expressions expressions_;
  Group fast_;
  Group slow_;
};

}  // namespace

Result<Target> Target::Parse(std::string_view percent) {
  std::int64_t whole = 0;
  std::int64_t part = 0;
  const std::size_t point = percent.find('.');
  std::string digits(point == std::string_view::npos ? "" : percent.substr(point + 1));
  const std::string_view before = percent.substr(0, point);
  const auto read = [](std::string_view text, std::int64_t& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && value >= 0 && text[0] != '-';
  };
  const bool dotted = point != std::string_view::npos;
  if (before.size() > 3 || !read(before, whole) || digits.size() > 6 ||
      (dotted && digits.empty())) {
    return Bad("target: \"" + std::string(percent) + "\" is no percentage");
  }
  digits.resize(6, '0');
  if (!read(digits, part)) return Bad("target: \"" + std::string(percent) + "\" is no percentage");
  const std::int64_t millionths = whole * 1'000'000 + part;
  if (millionths <= 0 || millionths >= kWhole) {
    return Bad("target: must be between 0 and 100, and neither of them");
  }
  return Target(millionths);
}

double Target::Budget() const {
  return static_cast<double>(kWhole - millionths_) / static_cast<double>(kWhole);
}

double Target::Objective() const {
  return static_cast<double>(millionths_) / static_cast<double>(kWhole);
}

const TierWindows& WindowsOf(Tier tier) { return kTiers[static_cast<std::size_t>(tier)]; }

double BurnFactor(Tier tier, seconds window) {
  const TierWindows& windows = WindowsOf(tier);
  const auto spent = static_cast<double>(windows.budget_percent * window.count());
  return spent / static_cast<double>(100 * windows.long_window.count());
}

std::chrono::minutes WaitOf(const Target& target, seconds window) {
  const double minutes = target.Budget() * static_cast<double>(window.count()) / 60;
  for (const std::chrono::minutes wait : {5min, 2min, 1min}) {
    if (static_cast<double>(wait.count()) <= minutes / 20) return wait;
  }
  return 0min;
}

Status Check(const Objective& objective, seconds retention) {
  for (const promql::Selector* selector : SelectorsOf(objective)) {
    if (!selector->name.empty() && !selector->range && selector->when == promql::When()) continue;
    return Bad("indicator: " + promql::Print(*selector) + " is no plain selector with a name");
  }
  if (objective.tiers.empty()) return Bad("tiers: at least one is needed");
  if (objective.window > retention) {
    return Bad("window: " + Text(objective.window) + " is longer than series are kept, which is " +
               Text(retention));
  }
  for (const std::string& label : objective.by) {
    if (!objective.identity.contains(label) && promql::IsPlainLabel(label)) continue;
    return Bad("by: " + promql::Quote(label) + " is no label that series could have here");
  }
  for (const Tier tier : objective.tiers) {
    const double factor = BurnFactor(tier, objective.window);
    const std::string name = "tiers: " + std::string(WindowsOf(tier).name);
    if (factor < 0.9) {
      return Bad(name + " would fire while the budget lasts for the whole window of " +
                 Text(objective.window));
    }
    if (factor * objective.target.Budget() >= 1) {
      return Bad(name + " could never fire: it needs more bad requests than there are requests");
    }
  }
  return {};
}

Status CheckEdge(double threshold, const std::set<double>& edges) {
  if (edges.contains(threshold)) return {};
  std::string known;
  for (const double edge : edges) {
    known += (known.empty() ? "" : ", ") + promql::FormatNumber(edge);
  }
  return Bad("threshold: " + promql::FormatNumber(threshold) +
             " is no edge of a bucket; there are: " + known);
}

std::vector<Group> MakeGroups(const Objective& objective) { return Maker(objective).Make(); }

}  // namespace belvedere::config::slo

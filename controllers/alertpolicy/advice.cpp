#include "controllers/alertpolicy/advice.h"

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include "controllers/config/monitor_expressions.h"
#include "controllers/config/promql/usage.h"
#include "operator/base/duration.h"

namespace belvedere::alertpolicy {
namespace {

using std::chrono::seconds;
namespace monitors = config::monitors;
namespace promql = config::promql;
namespace slo = config::slo;
using monitors::Monitor;
using monitors::Severity;

constexpr seconds kLeastRange = std::chrono::minutes(5);
constexpr double kHighestObjective = 0.9999;
constexpr double kLowestObjective = 0.5;

// What a rule finds: the path of a field, and what is there.
struct Found {
  std::string path;
  std::string what;
};
using Finds = std::vector<Found>;

// Those entries that are of this kind, and good.
template <typename Body, typename Visit>
void Each(const Spec& spec, Visit visit) {
  for (const Entry& entry : spec.entries) {
    const Body* body = entry.body ? std::get_if<Body>(&*entry.body) : nullptr;
    if (body != nullptr) visit(entry, *body);
  }
}

Finds NoSymptom(const Spec& spec) {
  const bool is_any = std::ranges::any_of(spec.entries, [](const Entry& entry) {
    if (!entry.body) return true;  // what it will be is not known
    const auto* monitor = std::get_if<Monitor>(&*entry.body);
    return monitor == nullptr || monitor->symptom == monitors::Symptom::kYes;
  });
  if (is_any) return {};
  return {{"spec", "it has neither an SLO nor a monitor with `symptom: true`"}};
}

Finds PagesOfWhatMayCome(const Spec& spec) {
  Finds finds;
  Each<Monitor>(spec, [&](const Entry& entry, const Monitor& monitor) {
    const bool is_now = std::holds_alternative<monitors::Threshold>(monitor.kind) ||
                        std::holds_alternative<monitors::Absent>(monitor.kind) ||
                        std::holds_alternative<monitors::Condition>(monitor.kind);
    if (monitor.severity != Severity::kPage || is_now) return;
    finds.push_back({entry.path + ".severity", "it pages for what may come, or is only unusual"});
  });
  return finds;
}

// The shortest range of a selector; none: it reads moments only.
std::optional<seconds> ShortestRange(const promql::Expr& expr) {
  std::optional<seconds> shortest;
  for (const promql::Selector& selector : promql::UsageOf(expr).selectors) {
    if (!selector.range) continue;
    const seconds range(static_cast<std::int64_t>(selector.range->Seconds()));
    shortest = std::min(range, shortest.value_or(range));
  }
  return shortest;
}

Finds ShortRanges(const Spec& spec) {
  Finds finds;
  Each<Monitor>(spec, [&](const Entry& entry, const Monitor& monitor) {
    const auto* condition = std::get_if<monitors::Condition>(&monitor.kind);
    const promql::Expr* expr =
        condition != nullptr ? &condition->expr : monitors::ValueOf(monitor.kind);
    if (expr == nullptr) return;
    const std::optional<seconds> range = ShortestRange(*expr);
    if (range && *range < kLeastRange) {
      finds.push_back({entry.path, "it reads ranges of " + FormatDuration(*range)});
    }
  });
  return finds;
}

Finds NoPlaybook(const Spec& spec) {
  static const std::regex kPage("https?://[^/]+/.*[A-Za-z0-9].*");
  if (std::regex_match(spec.runbook, kPage)) return {};
  return {{"spec.runbook", "it names a site, and no page of it"}};
}

std::set<Severity> SeveritiesOf(const Spec& spec) {
  std::set<Severity> severities;
  Each<Slo>(spec, [&](const Entry&, const Slo& slo) {
    const auto pages = [](slo::Tier tier) {
      return tier == slo::Tier::kFast || tier == slo::Tier::kMedium;
    };
    if (slo.tiers.empty() || std::ranges::any_of(slo.tiers, pages)) {
      severities.insert(Severity::kPage);
    }
    severities.insert(Severity::kTicket);  // also for what is gone
  });
  Each<Monitor>(spec, [&](const Entry&, const Monitor& monitor) {
    severities.insert(monitor.severity);
    const bool has_value = monitors::ValueOf(monitor.kind) != nullptr;
    if (has_value && monitor.no_data == monitors::NoData::kTicket) {
      severities.insert(Severity::kTicket);
    }
  });
  return severities;
}

Finds NobodyHears(const Spec& spec) {
  Finds finds;
  for (const Severity severity : SeveritiesOf(spec)) {
    const auto is_its = [&](const auto& one) { return one.severity == severity; };
    if (std::ranges::any_of(spec.notify, is_its)) continue;
    const std::string name = severity == Severity::kPage ? "Page" : "Ticket";
    finds.push_back({"spec.notify", "it has alerts of severity " + name + ", and no receiver"});
  }
  return finds;
}

Finds ObjectivesOfInstances(const Spec& spec) {
  static const std::set<std::string> kInstances{"instance", "pod", "container", "node"};
  Finds finds;
  Each<Slo>(spec, [&](const Entry& entry, const Slo& slo) {
    for (const std::string& label : slo.by) {
      if (kInstances.contains(label)) {
        finds.push_back({entry.path + ".by", "it has an objective for each " + label});
      }
    }
  });
  return finds;
}

Finds TargetsOutOfReach(const Spec& spec) {
  Finds finds;
  Each<Slo>(spec, [&](const Entry& entry, const Slo& slo) {
    if (slo.target.Objective() <= kHighestObjective) return;
    finds.push_back({entry.path + ".target", "it leaves less than four minutes a month"});
  });
  return finds;
}

Finds TargetsThatAreNoPercentage(const Spec& spec) {
  Finds finds;
  Each<Slo>(spec, [&](const Entry& entry, const Slo& slo) {
    if (slo.target.Objective() >= kLowestObjective) return;
    finds.push_back({entry.path + ".target", "most requests may fail"});
  });
  return finds;
}

struct Rule {
  AdviceRule rule;
  Finds (*find)(const Spec& spec);
};

constexpr std::array<Rule, 8> kRules{{
    {{"symptoms", "alert on what users feel; causes are many, and explain"}, NoSymptom},
    {{"page-now", "page only for what needs a human now; make it a ticket"}, PagesOfWhatMayCome},
    {{"ranges", "below five minutes a scrape that fails is a gap, and a spike an alert"},
     ShortRanges},
    {{"playbook", "who is woken up needs a page that says what to do"}, NoPlaybook},
    {{"heard", "what nobody hears of need not be watched; name a receiver"}, NobodyHears},
    {{"service", "users know a service and none of its instances"}, ObjectivesOfInstances},
    {{"reach", "no human mends anything as fast; let machines, or lower it"}, TargetsOutOfReach},
    {{"percent", "a target is percent: 99.9, and not 0.999"}, TargetsThatAreNoPercentage},
}};

}  // namespace

std::vector<AdviceRule> AdviceRules() {
  std::vector<AdviceRule> rules;
  rules.reserve(kRules.size());
  for (const Rule& rule : kRules) rules.push_back(rule.rule);
  return rules;
}

std::vector<Advice> AdviceOn(const Spec& spec) {
  std::vector<Advice> advice;
  for (const auto& [rule, find] : kRules) {
    for (const Found& found : find(spec)) {
      const std::string text = found.path + ": " + found.what + "; " + std::string(rule.why);
      advice.push_back({.rule = rule.name, .text = text});
    }
  }
  return advice;
}

}  // namespace belvedere::alertpolicy

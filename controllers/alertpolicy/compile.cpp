#include "controllers/alertpolicy/compile.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "controllers/alertpolicy/alerts.h"
#include "controllers/config/promql/usage.h"
#include "controllers/config/slo_expressions.h"
#include "controllers/config/yaml.h"
#include "controllers/operands/accepted_spec.h"
#include "operator/base/duration.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;
using std::chrono::seconds;
namespace promql = config::promql;
namespace slo = config::slo;
namespace monitors = config::monitors;

constexpr seconds kUsualWindow = std::chrono::days(30);

// Rules of one policy, entry by entry.
class Maker {
 public:
  Maker(const kube::ObjectKey& key, const Spec& spec, const Ground& ground)
      : key_(key), spec_(spec), ground_(ground) {}

  // Adds the rules of an entry whose body is good, or says why they cannot be.
  Judged Add(const Entry& entry) {
    if (const auto* given = std::get_if<Slo>(&*entry.body)) return AddSlo(entry, *given);
    return AddMonitor(entry, std::get<monitors::Monitor>(*entry.body));
  }

  // The whole file; empty without rules.
  Result<std::string> File(const std::vector<config::Silence>& silences) && {
    if (groups_.empty()) return std::string();
    if (!silences.empty()) {
      groups_.push_back(config::ToRuleFile({config::SilencedGroup(silences)})["groups"][0]);
    }
    for (Json& group : groups_) config::ShareLabels(group);
    return config::ToYaml(Json{{"groups", std::move(groups_)}});
  }

 private:
  bool IsTenant() const { return key_.ns != ground_.ns; }

  Judged AddSlo(const Entry& entry, const Slo& given) {
    slo::Objective objective = ObjectiveOf(entry, given);
    const seconds kept = ground_.retention;
    if (given.tiers.empty()) objective.tiers = TiersThatWork(objective);
    // A usual window that is longer than series are kept leaves the burning, which looks back less.
    const seconds allowed = given.window ? kept : std::max(kept, objective.window);
    if (Status good = slo::Check(objective, allowed); !good) {
      return {.name = entry.name, .problem = entry.path + "." + good.error().message};
    }
    std::vector<slo::Group> groups = slo::MakeGroups(objective);
    const bool has_budget = objective.window <= kept;
    if (!has_budget) DropBudget(groups);
    Judged judged{.name = entry.name, .severities = Append(entry, groups)};
    const auto* latency = std::get_if<slo::Latency>(&given.indicator);
    if (latency != nullptr && latency->form == slo::Latency::Form::kClassic) {
      judged.edge = {.path = entry.path + ".latency", .seconds = latency->threshold};
    }
    if (!has_budget) {
      judged.note = "no error budget is shown: the stack keeps series for " + FormatDuration(kept) +
                    ", which is less than the window of " + FormatDuration(objective.window);
    }
    return judged;
  }

  Judged AddMonitor(const Entry& entry, monitors::Monitor monitor) {
    monitor.identity = IdentityOf(entry);
    monitor.alert_labels = AlertLabels();
    if (IsTenant()) std::visit([this](auto& kind) { Narrow(kind); }, monitor.kind);
    if (Status good = monitors::Check(monitor, ground_.retention); !good) {
      return {.name = entry.name, .problem = entry.path + ": " + good.error().message};
    }
    return {.name = entry.name, .severities = Append(entry, {monitors::MakeGroup(monitor)})};
  }

  // A tenant sees the series of its own namespace, and what is made of them says so.
  std::map<std::string, std::string> IdentityOf(const Entry& entry) const {
    std::map<std::string, std::string> identity{
        {"policy_namespace", key_.ns}, {"policy_name", key_.name}, {"entry", entry.name}};
    if (IsTenant()) identity["namespace"] = key_.ns;
    return identity;
  }

  std::map<std::string, std::string> AlertLabels() const {
    std::map<std::string, std::string> labels{{"owner", spec_.owner}, {"system", spec_.system}};
    const std::string& region = spec_.region.empty() ? ground_.region : spec_.region;
    if (!region.empty()) labels["region"] = region;
    return labels;
  }

  slo::Objective ObjectiveOf(const Entry& entry, const Slo& given) const {
    slo::Objective objective{.identity = IdentityOf(entry),
                             .alert_labels = AlertLabels(),
                             .target = given.target,
                             .window = given.window.value_or(kUsualWindow),
                             .indicator = given.indicator,
                             .by = given.by,
                             .tiers = given.tiers};
    if (!IsTenant()) return objective;
    if (auto* ratio = std::get_if<slo::Ratio>(&objective.indicator)) {
      Narrow(ratio->total);
      Narrow(ratio->bad);
    } else {
      Narrow(std::get<slo::Latency>(objective.indicator).histogram);
    }
    return objective;
  }

  void Narrow(promql::Expr& expr) const {
    const promql::Matcher own{
        .label = "namespace", .op = promql::Matcher::Op::kEqual, .value = key_.ns};
    if (const Status added = promql::AddMatchers(expr, {&own, 1}); !added) {
      throw std::logic_error(added.error().message);  // a name of a label, and no expression in it
    }
  }

  void Narrow(promql::Selector& selector) const {
    promql::Expr expr(selector);
    Narrow(expr);
    selector = std::get<promql::Selector>(std::move(expr.node));
  }

  void Narrow(monitors::Condition& condition) const { Narrow(condition.expr); }

  void Narrow(monitors::Absent& absent) const {
    absent.ns = key_.ns;
    if (absent.series) Narrow(*absent.series);
  }

  void Narrow(monitors::Forecast& forecast) const {
    Narrow(forecast.value);
    if (forecast.of) Narrow(*forecast.of);
  }

  template <typename Kind>
  void Narrow(Kind& kind) const {
    Narrow(kind.value);
  }

  std::vector<slo::Tier> TiersThatWork(const slo::Objective& objective) const {
    std::vector<slo::Tier> tiers;
    for (const slo::Tier tier :
         {slo::Tier::kFast, slo::Tier::kMedium, slo::Tier::kSlow, slo::Tier::kLong}) {
      const double factor = slo::BurnFactor(tier, objective.window);
      if (factor < 0.9 || factor * objective.target.Budget() >= 1) continue;
      if (slo::WindowsOf(tier).long_window <= ground_.retention) tiers.push_back(tier);
    }
    return tiers;
  }

  static void DropBudget(std::vector<slo::Group>& groups) {
    for (slo::Group& group : groups) {
      std::erase_if(group.rules, [](const auto& rule) {
        return rule.name == slo::kPeriodRatio || rule.name == slo::kRemaining ||
               rule.name == "SloBudgetExhausted";
      });
    }
  }

  // Returns of what severities its alerts are.
  std::set<monitors::Severity> Append(const Entry& entry, const std::vector<slo::Group>& groups) {
    std::set<monitors::Severity> severities;
    const Json file = slo::ToRuleFile(groups);
    for (Json group : file["groups"]) {
      group["name"] = entry.name + "-" + group["name"].get<std::string>();
      for (Json& rule : group["rules"]) {
        if (!rule.contains("alert")) continue;
        rule["annotations"] = Annotations(entry, rule);
        severities.insert(SeverityOf(rule));
      }
      groups_.push_back(std::move(group));
    }
    return severities;
  }

  static monitors::Severity SeverityOf(const Json& rule) {
    const bool pages = StringAt(rule, "/labels/severity") == ToString(monitors::Severity::kPage);
    return pages ? monitors::Severity::kPage : monitors::Severity::kTicket;
  }

  Json Annotations(const Entry& entry, const Json& rule) const {
    const std::string tier = StringAt(rule, "/labels/burn_tier");
    const Alert& alert = FindAlert(StringAt(rule, "/alert"));
    const std::string summary = spec_.system + ": " + entry.name + ": " +
                                std::string(alert.summary) +
                                (tier.empty() ? "" : " (tier " + tier + ")");
    Json annotations{{"summary", summary}, {"runbook_url", spec_.runbook}};
    if (!alert.value.empty()) annotations["value"] = alert.value;
    return annotations;
  }

  const kube::ObjectKey& key_;
  const Spec& spec_;
  const Ground& ground_;
  Json groups_ = Json::array();
};

std::vector<config::Silence> SilencesOf(const Primary& policy, const Spec& spec) {
  std::vector<config::Silence> silences = spec.silences;
  for (config::Silence& silence : silences) {
    silence.ns = policy.key.ns;
    silence.policy = policy.key.name;
  }
  return silences;
}

// Marks the entries that the stack cannot run, and returns the rule file of the others.
Result<std::string> MakeFile(const Primary& policy, const Ground& ground, Spec& spec,
                             const std::vector<config::Silence>& silences,
                             std::vector<Judged>& judged) {
  Maker maker(policy.key, spec, ground);
  for (Entry& entry : spec.entries) {
    if (!entry.body) {
      judged.push_back({.name = entry.name, .problem = entry.body.error()});
      continue;
    }
    judged.push_back(maker.Add(entry));
    const std::string& problem = judged.back().problem;
    if (!problem.empty()) entry.body = tl::unexpected(problem);
  }
  return std::move(maker).File(silences);
}

// Whom the alerts of the entries that run are sent to.
config::routing::Policy RoutesOf(const Primary& policy, const Spec& spec) {
  config::routing::Policy routes{.ns = policy.key.ns,
                                 .name = policy.key.name,
                                 .targets = spec.notify,
                                 .business_hours = spec.business_hours,
                                 .secrets = spec.secrets};
  for (const Entry& entry : spec.entries) {
    const Slo* slo = entry.body ? std::get_if<Slo>(&*entry.body) : nullptr;
    if (slo != nullptr) routes.slo_labels.insert(slo->by.begin(), slo->by.end());
  }
  return routes;
}

void Run(std::string rules, config::routing::Policy routes, std::vector<config::Silence> silences,
         Compiled& compiled) {
  compiled.rules = std::move(rules);
  compiled.routes = std::move(routes);
  compiled.silences = std::move(silences);
  compiled.route_bytes = config::routing::SizeOf(compiled.routes);
  if (compiled.silences.empty()) return;
  compiled.silence_bytes = Dump(config::SilenceFile(compiled.silences)).size();
}

// What of a spec runs that was accepted earlier: entries that cannot run any more are left out.
void RunAccepted(const Primary& policy, const Ground& ground, const Json& accepted,
                 Compiled& compiled) {
  Result<Spec> spec = ParseSpec(accepted, policy.key.ns);
  if (!spec) return;
  std::vector<Judged> judged;
  std::vector<config::Silence> silences = SilencesOf(policy, *spec);
  Result<std::string> rules = MakeFile(policy, ground, *spec, silences, judged);
  if (!rules || rules->empty()) return;
  Run(*std::move(rules), RoutesOf(policy, *spec), std::move(silences), compiled);
  compiled.running = Dump(accepted);
}

}  // namespace

Ground GroundOf(const std::string& ns, const monitoringstack::Spec& stack) {
  return {.ns = ns,
          .region = stack.cluster.region,
          .retention = std::chrono::duration_cast<seconds>(stack.metrics.retention_time)};
}

Ground AnyGround(const std::string& ns) {
  return {.ns = ns, .retention = std::chrono::days(36500)};  // longer than every window
}

Compiled Compile(const Primary& policy, const Ground& ground) {
  Compiled compiled;
  const Result<Json> json = ParseJson(policy.spec);
  Result<Spec> spec = json ? ParseSpec(*json, policy.key.ns) : Fail(json.error());
  const Result<Json> last = ParseJson(operands::AcceptedSpec(policy));
  const Json accepted = last ? *last : Json::object();
  if (!spec) {
    compiled.refused = spec.error().message;
    RunAccepted(policy, ground, accepted, compiled);
    return compiled;
  }
  std::vector<config::Silence> silences = SilencesOf(policy, *spec);
  Result<std::string> rules = MakeFile(policy, ground, *spec, silences, compiled.entries);
  if (!rules) {
    compiled.refused = "spec: " + rules.error().message;
    return compiled;
  }
  const bool all_run = std::ranges::all_of(
      compiled.entries, [](const Judged& entry) { return entry.problem.empty(); });
  if (!all_run) {
    RunAccepted(policy, ground, WithLastGood(*json, *spec, accepted), compiled);
    return compiled;
  }
  Run(*std::move(rules), RoutesOf(policy, *spec), std::move(silences), compiled);
  compiled.running = policy.spec;
  return compiled;
}

std::shared_ptr<const Compiled> Compiler::Get(const Primary& policy, const Ground& ground) const {
  const std::hash<std::string> hash;
  const std::string key = policy.uid + "/" + std::to_string(hash(policy.spec)) + "/" + ground.ns +
                          "/" + ground.region + "/" + std::to_string(ground.retention.count());
  auto compiled = compiled_.Get(key, [&] {
    Primary fresh = policy;
    fresh.status.clear();
    return Compile(fresh, ground);
  });
  // Only where something is refused does it matter what was accepted last.
  if (compiled->running == policy.spec) return compiled;
  return compiled_.Get(key + "/" + std::to_string(hash(policy.status)),
                       [&] { return Compile(policy, ground); });
}

kube::ObjectKey Compiler::StackOf(const Primary& policy) const {
  return *stacks_.Get(policy.uid + "/" + std::to_string(std::hash<std::string>()(policy.spec)),
                      [&] {
                        const Result<Json> spec = ParseJson(policy.spec);
                        return alertpolicy::StackOf(spec ? *spec : Json::object(), policy.key.ns);
                      });
}

std::shared_ptr<const Result<monitoringstack::Spec>> Compiler::StackSpec(
    const Primary& stack) const {
  return specs_.Get(stack.uid + "/" + std::to_string(std::hash<std::string>()(stack.spec)),
                    [&]() -> Result<monitoringstack::Spec> {
                      const Result<Json> spec = ParseJson(stack.spec);
                      if (!spec) return Fail(spec.error());
                      return monitoringstack::ParseSpec(*spec);
                    });
}

}  // namespace belvedere::alertpolicy

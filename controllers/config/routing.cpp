#include "controllers/config/routing.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "controllers/config/promql/literals.h"
#include "controllers/config/routing_hours.h"
#include "controllers/config/yaml.h"
#include "operator/base/duration.h"

namespace belvedere::config::routing {
namespace {

constexpr const char* kNobody = "nobody";
constexpr const char* kNamespace = "policy_namespace";
constexpr const char* kName = "policy_name";
constexpr std::array<Severity, 2> kSeverities{Severity::kPage, Severity::kTicket};
// A person is told again of a page within a shift, of a ticket each day.
constexpr std::array<const char*, 2> kRepeats{"4h", "24h"};
// What tells alerts of one objective from each other: by these, none would inhibit another.
constexpr std::array<std::string_view, 3> kNeverEqual{"alertname", "burn_tier", "severity"};

tl::unexpected<Error> Bad(std::string message) {
  return Fail(ErrorCode::kInvalid, std::move(message));
}

// Names of objects in Kubernetes, which need no quotes anywhere.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

std::string Is(std::string_view label, std::string_view value) {
  return std::string(label) + "=\"" + std::string(value) + "\"";
}
std::string IsNot(std::string_view label, std::string_view value) {
  return std::string(label) + "!=\"" + std::string(value) + "\"";
}

const Receiver* Find(const std::vector<Receiver>& receivers, const std::string& name) {
  const auto found = std::ranges::find(receivers, name, &Receiver::name);
  return found == receivers.end() ? nullptr : &*found;
}

// While an alert that matches `source` fires, those that match `target` are silent where the
// labels of `equal` agree. A label that is missing on both sides agrees.
Json Inhibit(Json source, Json target, Json equal) {
  return {{"source_matchers", std::move(source)},
          {"target_matchers", std::move(target)},
          {"equal", std::move(equal)}};
}

// Writes the config of a model that was checked.
class Writer {
 public:
  explicit Writer(const Model& model)
      : model_(model), plain_(model.receivers.empty() && model.policies.empty()) {
    for (const Policy& policy : model.policies) policies_[{policy.ns, policy.name}] = &policy;
  }

  // What one policy of the model adds, as deep in the config as it will stand there.
  Json Part(const Policy& policy) {
    Json part = Frame();
    part["route"]["routes"][0]["routes"].push_back(RouteOf(policy));
    AddOwnReceivers(policy, part["receivers"]);
    part["time_intervals"] = intervals_;
    part["equal"] = policy.slo_labels;
    return part;
  }
  static Json Frame() {
    const Json nothing = Json::array();
    return {{"route", {{"routes", Json::array({{{"routes", nothing}}})}}},
            {"receivers", nothing},
            {"time_intervals", nothing},
            {"equal", nothing}};
  }

  Json Write() {
    Json config = {{"route", Root()}, {"receivers", Receivers()}, {"inhibit_rules", Inhibitions()}};
    if (!intervals_.empty()) config["time_intervals"] = intervals_;
    if (!plain_ && !model_.templates.empty()) {
      config["templates"] = Json::array({model_.templates});
    }
    return config;
  }

 private:
  Json Root() {
    Json root = {{"receiver", model_.fallback.value_or(kNobody)},
                 {"group_by", Json::array({"namespace", "alertname"})},
                 {"group_wait", FormatDuration(model_.group_wait)},
                 {"group_interval", "5m"},
                 {"repeat_interval", "12h"}};
    if (plain_) return root;
    root["routes"] = Json::array({Watchdog(), Information(), Policies()});
    return root;
  }

  // It says that alerts arrive, so it has to come often.
  Json Watchdog() const {
    return {{"matchers", Json::array({Is("alertname", "Watchdog"), Is(kNamespace, "")})},
            {"receiver", model_.watchdog.value_or(kNobody)},
            {"group_wait", "0s"},
            {"group_interval", "1m"},
            {"repeat_interval", "5m"}};
  }

  static Json Information() {
    return {{"matchers", Json::array({Is("severity", "info")})}, {"receiver", kNobody}};
  }

  // What no policy below takes, because its policy is gone, stays with the fallback.
  Json Policies() {
    Json route = {{"matchers", Json::array({IsNot(kNamespace, "")})},
                  {"group_by", Json::array({kNamespace, kName, "entry", "alertname"})}};
    for (const auto& [key, policy] : policies_) route["routes"].push_back(RouteOf(*policy));
    return route;
  }

  Json RouteOf(const Policy& policy) {
    Json route = {{"matchers", Json::array({Is(kNamespace, policy.ns), Is(kName, policy.name)})}};
    const std::string hours = policy.ns + "/" + policy.name;
    bool timed = false;
    for (const Severity severity : kSeverities) {
      Json last;
      for (std::size_t i = 0; i < policy.targets.size(); ++i) {
        const Target& target = policy.targets[i];
        if (target.severity != severity) continue;
        if (!last.is_null()) {
          last["continue"] = true;
          route["routes"].push_back(std::move(last));
        }
        last = {{"matchers", Json::array({Is("severity", monitors::ToString(severity))})},
                {"receiver", ReceiverOf(policy, i)},
                {"repeat_interval", kRepeats[static_cast<std::size_t>(severity)]}};
        if (target.during == During::kAlways) continue;
        last["active_time_intervals"] = Json::array({hours});
        timed = true;
      }
      if (!last.is_null()) route["routes"].push_back(std::move(last));
    }
    if (timed) intervals_.push_back(TimeInterval(hours, *policy.business_hours));
    return route;
  }

  static std::string ReceiverOf(const Policy& policy, std::size_t target) {
    const auto* name = std::get_if<std::string>(&policy.targets[target].to);
    return name != nullptr ? *name : OwnReceiverName(policy, target);
  }

  Json Receivers() const {
    Json all = Json::array({{{"name", kNobody}}});
    std::map<std::string, const Receiver*> sorted;
    for (const Receiver& receiver : model_.receivers) sorted[receiver.name] = &receiver;
    for (const auto& [name, receiver] : sorted) {
      Json made{{"name", name}};
      for (const receivers::Integration& one : receiver->integrations) Add(one, made);
      all.push_back(std::move(made));
    }
    for (const auto& [key, policy] : policies_) AddOwnReceivers(*policy, all);
    return all;
  }

  void AddOwnReceivers(const Policy& policy, Json& all) const {
    for (std::size_t i = 0; i < policy.targets.size(); ++i) {
      const auto* own = std::get_if<receivers::Integration>(&policy.targets[i].to);
      if (own == nullptr) continue;
      Json made{{"name", OwnReceiverName(policy, i)}};
      Add(*own, made);
      all.push_back(std::move(made));
    }
  }

  void Add(const receivers::Integration& integration, Json& receiver) const {
    const receivers::Messages messages =
        model_.templates.empty() ? receivers::Messages::kAlertmanager : receivers::Messages::kOurs;
    receiver[std::string(receivers::FindKind(integration.kind)->key)].push_back(
        *receivers::ToConfig(integration, messages));
  }

  Json Inhibitions() const {
    if (plain_) {
      // As the stack's own rules have always been inhibited.
      return Json::array(
          {Inhibit({"severity = critical"}, {"severity =~ warning|info"},
                   {"namespace", "alertname"}),
           Inhibit({"severity = warning"}, {"severity = info"}, {"namespace", "alertname"})});
    }
    const std::string stack = Is(kNamespace, "");
    Json rules = Json::array();
    rules.push_back(Inhibit({Is("severity", "critical"), stack},
                            {"severity=~\"warning|info\"", stack}, {"namespace", "alertname"}));
    rules.push_back(Inhibit({Is("severity", "warning"), stack}, {Is("severity", "info"), stack},
                            {"namespace", "alertname"}));
    const Json equal = OfOneObjective();
    constexpr std::array<std::pair<const char*, const char*>, 3> kTiers{
        {{"fast", "medium|slow|long"}, {"medium", "slow|long"}, {"slow", "long"}}};
    for (const auto& [faster, slower] : kTiers) {
      const Json burns = {Is("alertname", "SloBudgetBurn"), IsNot(kNamespace, ""),
                          IsNot(kName, "")};
      Json source = burns;
      source.push_back(Is("burn_tier", faster));
      Json target = burns;
      target.push_back("burn_tier=~\"" + std::string(slower) + "\"");
      rules.push_back(Inhibit(std::move(source), std::move(target), equal));
    }
    return rules;
  }

  // Labels that all policies together have objectives by: those of other policies are missing on
  // both sides, and so agree.
  Json OfOneObjective() const {
    std::set<std::string> labels{kNamespace, kName, "entry"};
    for (const Policy& policy : model_.policies) {
      labels.insert(policy.slo_labels.begin(), policy.slo_labels.end());
    }
    return labels;
  }

  const Model& model_;
  const bool plain_;  // a stack that notifies nobody
  std::map<std::pair<std::string, std::string>, const Policy*> policies_;
  Json intervals_ = Json::array();
};

}  // namespace

std::string OwnReceiverName(const Policy& policy, std::size_t target) {
  return policy.ns + "/" + policy.name + "/" + std::to_string(target);
}

Status Check(const Receiver& receiver) {
  if (!IsName(receiver.name)) return Bad("name: is no name of lower case letters, digits, - and .");
  if (receiver.name == kNobody) return Bad("name: \"nobody\" is taken");
  if (receiver.integrations.empty()) return Bad("it notifies nobody");
  for (const receivers::Integration& one : receiver.integrations) {
    const auto made = receivers::ToConfig(one, receivers::Messages::kOurs);
    if (!made) return Fail(made.error());
  }
  return {};
}

Status Check(const Policy& policy, const std::vector<Receiver>& receivers) {
  if (!IsName(policy.ns) || !IsName(policy.name)) return Bad("metadata: is no name");
  for (std::size_t i = 0; i < policy.targets.size(); ++i) {
    const Target& target = policy.targets[i];
    const std::string path = "notify[" + std::to_string(i) + "]";
    if (const auto* name = std::get_if<std::string>(&target.to)) {
      if (Find(receivers, *name) == nullptr) {
        return Bad(path + ".receiver: the stack has no receiver " + promql::Quote(*name));
      }
    } else {
      const auto made = receivers::ToConfig(std::get<receivers::Integration>(target.to),
                                            receivers::Messages::kOurs);
      if (!made) return Bad(path + "." + made.error().message);
    }
    if (target.during == During::kBusinessHours && !policy.business_hours) {
      return Bad(path + ".during: the policy has no businessHours");
    }
  }
  for (const std::string& label : policy.slo_labels) {
    if (!promql::IsPlainLabel(label) || std::ranges::count(kNeverEqual, label) > 0) {
      return Bad("slos: by: " + promql::Quote(label) + " cannot tell objectives apart");
    }
  }
  return policy.business_hours ? Check(*policy.business_hours) : Status();
}

std::size_t SizeOf(const Policy& policy) {
  static const std::size_t frame = ToYaml(Writer::Frame())->size();
  const Model model{.templates = "/"};
  const Result<std::string> text = ToYaml(Writer(model).Part(policy));
  return text ? text->size() - std::min(frame, text->size()) : 0;
}

Result<Json> AlertmanagerConfig(const Model& model) {
  std::set<std::string> names;
  for (const Receiver& receiver : model.receivers) {
    if (Status ok = Check(receiver); !ok) {
      return Bad("receiver " + promql::Quote(receiver.name) + ": " + ok.error().message);
    }
    if (!names.insert(receiver.name).second) {
      return Bad("receiver " + promql::Quote(receiver.name) + ": is given twice");
    }
  }
  for (const auto& [field, name] :
       {std::pair{"fallbackReceiver", model.fallback}, {"watchdogReceiver", model.watchdog}}) {
    if (name && !names.contains(*name)) {
      return Bad(std::string(field) + ": there is no receiver " + promql::Quote(*name));
    }
  }
  std::set<std::pair<std::string, std::string>> policies;
  for (const Policy& policy : model.policies) {
    const std::string who = "policy " + policy.ns + "/" + policy.name + ": ";
    if (Status ok = Check(policy, model.receivers); !ok) return Bad(who + ok.error().message);
    if (!policies.insert({policy.ns, policy.name}).second) return Bad(who + "is given twice");
  }
  return Writer(model).Write();
}

}  // namespace belvedere::config::routing

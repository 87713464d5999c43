#include "controllers/config/silences.h"

#include "controllers/config/promql/build.h"

namespace belvedere::config {
namespace {

using promql::BinaryOp;
using promql::Expr;

// What an alert has to have: each silence is of its own policy's alerts alone.
std::map<std::string, std::string> LabelsOf(const Silence& silence) {
  std::map<std::string, std::string> labels = silence.matchers;
  labels["policy_namespace"] = silence.ns;
  labels["policy_name"] = silence.policy;
  return labels;
}

Json MatchersOf(const Silence& silence) {
  Json matchers = Json::array();
  for (const auto& [label, value] : LabelsOf(silence)) {
    matchers.push_back({{"name", label}, {"value", value}, {"isRegex", false}, {"isEqual", true}});
  }
  return matchers;
}

double SecondsOf(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return static_cast<double>(since.count());
}

Expr Now(BinaryOp than, WallTime time) {
  Expr now = promql::CallOf("vector", {promql::CallOf("time", {})});
  return Operation(std::move(now), than, promql::Number{.value = SecondsOf(time)});
}

// As Alertmanager decides, but for labels that alerts get on their way to it.
Expr CoveredBy(const Silence& silence) {
  promql::Selector alerts{.name = "ALERTS"};
  alerts.matchers.push_back({.label = "alertstate", .value = "firing"});
  for (const auto& [label, value] : LabelsOf(silence)) {
    alerts.matchers.push_back({.label = label, .value = value});
  }
  const promql::Matching always{.by = promql::Matching::By::kOn};
  Expr count = promql::AggregateBy(
      "count", {"policy_namespace", "policy_name", "entry", "alertname"}, std::move(alerts));
  Expr begun = Operation(std::move(count), BinaryOp::kAnd,
                         Now(BinaryOp::kGreaterOrEqual, silence.from), always);
  return Operation(std::move(begun), BinaryOp::kAnd, Now(BinaryOp::kLess, silence.until), always);
}

}  // namespace

Json SilenceFile(std::span<const Silence> silences) {
  std::map<std::string, Json> sorted;
  for (const Silence& silence : silences) {
    // The agent knows by this text which silences are ours (operator/cli/agent/silences.h).
    const std::string by = "belvedere: " + silence.ns + "/" + silence.policy + "/" + silence.name;
    sorted[by] = {{"createdBy", by},
                  {"comment", silence.reason},
                  {"startsAt", FormatTime(silence.from)},
                  {"endsAt", FormatTime(silence.until)},
                  {"matchers", MatchersOf(silence)}};
  }
  Json file = Json::array();
  for (auto& [by, silence] : sorted) file.push_back(std::move(silence));
  return file;
}

Group SilencedGroup(const std::vector<Silence>& silences) {
  Group group{.name = "silences"};
  for (const Silence& silence : silences) {
    group.rules.push_back({.name = kSilencedAlerts,
                           .expr = CoveredBy(silence),
                           .labels = {{"silence", silence.name}}});
  }
  return group;
}

}  // namespace belvedere::config

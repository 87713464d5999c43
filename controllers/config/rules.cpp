#include "controllers/config/rules.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "controllers/config/yaml.h"

namespace belvedere::config {
namespace {

using monitoringstack::AutoState;
using monitoringstack::LogStore;
using monitoringstack::State;
using monitoringstack::Targets;

// Which rule file needs which targets, or which store.
struct RuleFile {
  std::string_view name;
  bool (*is_needed)(const Targets& targets, LogStore store);
};

constexpr std::array<RuleFile, 10> kFiles{{
    {"meta.yaml", [](const Targets&, LogStore) { return true; }},
    {"log-flow.yaml", [](const Targets&, LogStore) { return true; }},
    {"policies.yaml", [](const Targets&, LogStore) { return true; }},
    {"node.yaml", [](const Targets& t, LogStore) { return t.nodes == State::kEnabled; }},
    {"container.yaml", [](const Targets& t, LogStore) { return t.containers == State::kEnabled; }},
    {"application.yaml",
     [](const Targets& t, LogStore) { return t.annotations == State::kEnabled; }},
    {"kubernetes-objects.yaml",
     [](const Targets& t, LogStore) { return t.objects == State::kEnabled; }},
    {"kubernetes-control-plane.yaml",
     [](const Targets& t, LogStore) { return t.control_plane != AutoState::kDisabled; }},
    {"kubernetes-control-plane-required.yaml",
     [](const Targets& t, LogStore) { return t.control_plane == AutoState::kEnabled; }},
    {"log-store.yaml", [](const Targets&, LogStore store) { return store == LogStore::kLoki; }},
}};

tl::unexpected<Error> Bad(const std::string& alert, const std::string& what) {
  return Fail(ErrorCode::kInvalid, "alert " + alert + ": " + what);
}

Status CompleteAlert(Json& rule) {
  const auto name = rule["alert"].get<std::string>();
  static constexpr std::array<std::string_view, 4> kSeverities{"critical", "warning", "info",
                                                               "none"};
  const std::string severity = StringAt(rule, "/labels/severity");
  if (std::find(kSeverities.begin(), kSeverities.end(), severity) == kSeverities.end()) {
    return Bad(name, "severity must be critical, warning, info or none");
  }
  for (const char* field : {"/annotations/summary", "/annotations/description"}) {
    if (StringAt(rule, field).empty()) return Bad(name, std::string(field) + " is missing");
  }
  rule["annotations"]["runbook_url"] = std::string(kRunbookBase) + name;
  return {};
}

// The embedded files, completed once: they are the same for every stack.
const std::map<std::string, std::string>& CompletedFiles() {
  static const std::map<std::string, std::string> kCompleted = [] {
    std::map<std::string, std::string> files;
    for (const auto& [name, yaml] : EmbeddedRuleFiles()) {
      Result<std::string> text = CompleteRules(yaml);
      if (!text) throw std::logic_error(std::string(name) + ": " + text.error().message);
      files.emplace(name, std::move(*text));
    }
    return files;
  }();
  return kCompleted;
}

}  // namespace

Result<std::string> CompleteRules(std::string_view yaml) {
  Result<Json> rules = ParseYaml(yaml);
  if (!rules) return Fail(rules.error());
  if (!At(*rules, "/groups").is_array()) return Fail(ErrorCode::kInvalid, "no list of groups");
  for (Json& group : (*rules)["groups"]) {
    for (Json& rule : group["rules"]) {
      if (!rule.contains("alert")) continue;
      if (const Status done = CompleteAlert(rule); !done) return Fail(done.error());
    }
  }
  return ToYaml(*rules);
}

std::map<std::string, std::string> RuleFiles(const Targets& targets, LogStore store) {
  std::map<std::string, std::string> files;
  for (const RuleFile& file : kFiles) {
    if (!file.is_needed(targets, store)) continue;
    files.emplace(file.name, CompletedFiles().at(std::string(file.name)));
  }
  return files;
}

}  // namespace belvedere::config

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controllers/monitoringstack/spec.h"
#include "operator/base/result.h"

namespace belvedere::config {

// Where the runbook of an alert is: this, and the alert's name.
inline constexpr std::string_view kRunbookBase = "https://belvedere.dev/runbooks/";

// The rule files of a stack by file name, with those of target layers that are scraped only, and of
// the log store where there is one.
// The files stand in config/rules/*.yaml and are built into the program; each alert gets its
// runbook_url here.
std::map<std::string, std::string> RuleFiles(
    const monitoringstack::Targets& targets,
    monitoringstack::LogStore store = monitoringstack::LogStore::kNone);

// One embedded rule file as it is given to Prometheus. Error: kDecode or kInvalid, naming the
// group and rule: not YAML, or a rule that lacks severity, summary or description.
Result<std::string> CompleteRules(std::string_view yaml);

// The embedded files, by name; generated from config/rules/*.yaml.
const std::map<std::string_view, std::string_view>& EmbeddedRuleFiles();

}  // namespace belvedere::config

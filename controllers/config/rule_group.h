#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "controllers/config/promql/ast.h"
#include "operator/base/json.h"

// Rules of Prometheus as typed data.
namespace belvedere::config {

struct Rule {
  std::string name;  // of the series, or of the alert
  enum class Kind { kRecord, kAlert } kind = Kind::kRecord;
  promql::Expr expr;
  std::chrono::seconds wait{};  // of alerts: before they fire
  std::chrono::seconds keep{};  // of alerts: how long they fire on
  std::map<std::string, std::string> labels;
};

// Rules of a group are computed one after the other: each sees what those before it recorded.
struct Group {
  std::string name;
  std::chrono::seconds interval{};
  std::vector<Rule> rules;
};

// As a rule file has them. An alert's annotations are for its owner to add.
Json ToRuleFile(const std::vector<Group>& groups);

// Says the labels that all rules of a group share once, on the group (Prometheus 3.0 or newer).
void ShareLabels(Json& group);

}  // namespace belvedere::config

#include "controllers/config/rule_group.h"

#include "controllers/config/promql/printer.h"
#include "operator/base/duration.h"

namespace belvedere::config {

Json ToRuleFile(const std::vector<Group>& groups) {
  constexpr std::chrono::seconds kNone{};
  Json file{{"groups", Json::array()}};
  for (const Group& group : groups) {
    Json rules = Json::array();
    for (const Rule& rule : group.rules) {
      Json made{{rule.kind == Rule::Kind::kAlert ? "alert" : "record", rule.name},
                {"expr", promql::Print(rule.expr)},
                {"labels", rule.labels}};
      if (rule.wait > kNone) made["for"] = FormatDuration(rule.wait);
      if (rule.keep > kNone) made["keep_firing_for"] = FormatDuration(rule.keep);
      rules.push_back(std::move(made));
    }
    file["groups"].push_back({{"name", group.name},
                              {"interval", FormatDuration(group.interval)},
                              {"rules", std::move(rules)}});
  }
  return file;
}

void ShareLabels(Json& group) {
  Json& rules = group["rules"];
  Json shared = rules.at(0).at("labels");
  for (const Json& rule : rules) {
    const Json& own = rule["labels"];
    for (auto label = shared.begin(); label != shared.end();) {
      label = own.value(label.key(), Json()) == *label ? std::next(label) : shared.erase(label);
    }
  }
  for (Json& rule : rules) {
    for (const auto& [name, value] : shared.items()) rule["labels"].erase(name);
    if (rule["labels"].empty()) rule.erase("labels");
  }
  if (!shared.empty()) group["labels"] = std::move(shared);
}

}  // namespace belvedere::config

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

}  // namespace belvedere::config

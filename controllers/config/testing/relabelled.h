#pragma once

#include <map>
#include <regex>
#include <string>

#include "operator/base/json.h"

namespace belvedere::config::testing {

using SeriesLabels = std::map<std::string, std::string>;

// What relabelling rules make of the labels of a target or a series, as Prometheus would; empty: it
// is dropped.
inline SeriesLabels Relabelled(const Json& rules, SeriesLabels labels) {
  for (const Json& rule : rules) {
    std::string value;
    const Json sources = rule.value("source_labels", Json::array());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      value += (i == 0 ? "" : ";") + labels[sources[i]];
    }
    const std::regex regex(rule.value("regex", "([^]*)"));
    const std::string action = rule.value("action", "replace");
    const bool matches = std::regex_match(value, regex);
    if ((action == "keep" && !matches) || (action == "drop" && matches)) return {};
    if (action != "replace" || !matches) continue;
    labels[rule["target_label"]] =
        std::regex_replace(value, regex, rule.value("replacement", "$1"));
  }
  return labels;
}

}  // namespace belvedere::config::testing

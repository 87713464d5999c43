#include "controllers/config/alertmanager.h"

#include <string>
#include <vector>

#include "operator/base/duration.h"

namespace belvedere::config {
namespace {

constexpr const char* kNobody = "nobody";

// While an alert that matches `source` fires, those that match `target` are silent where the
// labels of `equal` agree.
Json Inhibit(const std::string& source, const std::string& target,
             const std::vector<std::string>& equal) {
  return Json{{"source_matchers", Json::array({source})},
              {"target_matchers", Json::array({target})},
              {"equal", equal}};
}

}  // namespace

Json AlertmanagerConfig(std::chrono::milliseconds group_wait) {
  Json config = {{"route",
                  {{"receiver", kNobody},
                   {"group_by", Json::array({"namespace", "alertname"})},
                   {"group_wait", FormatDuration(group_wait)},
                   {"group_interval", "5m"},
                   {"repeat_interval", "12h"}}}};
  config["receivers"].push_back({{"name", kNobody}});
  config["inhibit_rules"].push_back(
      Inhibit("severity = critical", "severity =~ warning|info", {"namespace", "alertname"}));
  config["inhibit_rules"].push_back(
      Inhibit("severity = warning", "severity = info", {"namespace", "alertname"}));
  return config;
}

}  // namespace belvedere::config

#include "controllers/alertpolicy/activity.h"

#include <algorithm>

#include "controllers/alertpolicy/alerts.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::alertpolicy {
namespace {

// Of name{label="value",…}; a quote within a value has a backslash before it.
bool Has(std::string_view series, std::string_view label, std::string_view value) {
  const std::string pair = std::string(label) + "=\"" + std::string(value) + "\"";
  return series.find("{" + pair) != std::string_view::npos ||
         series.find("," + pair) != std::string_view::npos;
}

}  // namespace

Activities::Activities(const kube::ObjectKey& policy, std::span<const runtime::Reading> readings) {
  for (const runtime::Reading& reading : readings) {
    for (const auto& [series, count] : reading.now) {
      const bool is_of_it = series.starts_with(operands::kPolicyAlerts) &&
                            Has(series, "policy_name", policy.name) &&
                            Has(series, "policy_namespace", policy.ns);
      if (is_of_it) series_.push_back(series);
    }
  }
}

Activity Activities::Of(const std::string& entry) const {
  for (const Alert& alert : Alerts()) {
    const bool no_data = alert.value.empty();
    const bool tells = std::ranges::any_of(series_, [&](std::string_view series) {
      return Has(series, "entry", entry) && Has(series, "alertname", alert.name) &&
             (no_data || Has(series, "alertstate", "firing"));
    });
    if (!tells) continue;
    return {.state = no_data ? Activity::State::kNoData : Activity::State::kFiring,
            .alert = std::string(alert.name) + ": " + std::string(alert.summary)};
  }
  return {};
}

}  // namespace belvedere::alertpolicy

#include "controllers/alertpolicy/alerts.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace belvedere::alertpolicy {
namespace {

constexpr std::string_view kNumber = R"({{ printf "%.4g" $value }})";
constexpr std::string_view kShare = "{{ humanizePercentage $value }}";
constexpr std::string_view kGone;

constexpr std::array<Alert, 13> kAlerts{{
    {"SloBudgetBurn", "the error budget burns too fast", kShare},
    {"SloBudgetExhausted", "the error budget is used up", kShare},
    {"MonitorThreshold", "the value is beyond its level", kNumber},
    {"MonitorForecast", "the limit will be met soon if it goes on like this", kNumber},
    {"MonitorAnomaly", "the value is far from what is usual", kNumber},
    {"MonitorOutlier", "one peer is far from the others", kNumber},
    {"MonitorChange", "the value is not what it was", kNumber},
    {"MonitorCondition", "the condition holds", kNumber},
    {"SloTargetGone", "no target is up, so that nothing is known", kGone},
    {"SloSeriesGone", "the series are gone though targets are up", kGone},
    {"MonitorTargetGone", "no target is up", kGone},
    {"MonitorSeriesGone", "the series are gone though targets are up", kGone},
    {"MonitorNoData", "there is no data any more", kGone},
}};

}  // namespace

std::span<const Alert> Alerts() { return kAlerts; }

const Alert& FindAlert(std::string_view name) {
  const auto* const found = std::ranges::find(kAlerts, name, &Alert::name);
  if (found == kAlerts.end()) throw std::out_of_range("no such alert: " + std::string(name));
  return *found;
}

}  // namespace belvedere::alertpolicy

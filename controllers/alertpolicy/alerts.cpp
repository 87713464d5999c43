#include "controllers/alertpolicy/alerts.h"

#include <array>

namespace belvedere::alertpolicy {
namespace {

using Tells = Alert::Tells;

constexpr std::array<Alert, 13> kAlerts{{
    {"SloBudgetBurn", "the error budget burns too fast"},
    {"SloBudgetExhausted", "the error budget is used up"},
    {"MonitorThreshold", "the value is beyond its level"},
    {"MonitorForecast", "the limit will be met soon if it goes on like this"},
    {"MonitorAnomaly", "the value is far from what is usual"},
    {"MonitorOutlier", "one peer is far from the others"},
    {"MonitorChange", "the value is not what it was"},
    {"MonitorCondition", "the condition holds"},
    {"SloTargetGone", "no target is up, so that nothing is known", Tells::kNoData},
    {"SloSeriesGone", "the series are gone though targets are up", Tells::kNoData},
    {"MonitorTargetGone", "no target is up", Tells::kNoData},
    {"MonitorSeriesGone", "the series are gone though targets are up", Tells::kNoData},
    {"MonitorNoData", "there is no data any more", Tells::kNoData},
}};

}  // namespace

std::span<const Alert> Alerts() { return kAlerts; }

}  // namespace belvedere::alertpolicy

#pragma once

#include <set>
#include <string>
#include <vector>

#include "controllers/config/routing.h"
#include "controllers/monitoringstack/spec.h"

namespace belvedere::alertpolicy {

// Whom the stack notifies of alerts of these severities, each once: names of its receivers, and
// fields of the policy that hold receivers of its own. The routes are those of AttachedTo().
std::vector<std::string> ReachOf(const config::routing::Policy& routes,
                                 const std::set<config::monitors::Severity>& severities,
                                 const monitoringstack::Alerting& alerting);

}  // namespace belvedere::alertpolicy

#include "controllers/alertpolicy/reach.h"

#include <algorithm>
#include <variant>

#include "controllers/alertpolicy/attachment.h"

namespace belvedere::alertpolicy {
namespace {

std::string NameOf(const config::routing::Policy& routes, std::size_t target) {
  const auto& to = routes.targets[target].to;
  if (const auto* name = std::get_if<std::string>(&to)) return *name;
  return "spec.notify[" + std::to_string(target) + "]." +
         std::get<config::receivers::Integration>(to).kind;
}

}  // namespace

std::vector<std::string> ReachOf(const config::routing::Policy& routes,
                                 const std::set<config::monitors::Severity>& severities,
                                 const monitoringstack::Alerting& alerting) {
  std::vector<std::string> reached;
  const auto add = [&reached](const std::string& name) {
    if (std::ranges::find(reached, name) == reached.end()) reached.push_back(name);
  };
  for (const config::monitors::Severity severity : severities) {
    bool is_taken = false;
    for (std::size_t i = 0; i < routes.targets.size(); ++i) {
      if (routes.targets[i].severity != severity) continue;
      if (ProblemOf(routes, i, alerting.receivers)) continue;
      add(NameOf(routes, i));
      is_taken = true;
    }
    if (!is_taken && alerting.fallback) add(*alerting.fallback);
  }
  return reached;
}

}  // namespace belvedere::alertpolicy

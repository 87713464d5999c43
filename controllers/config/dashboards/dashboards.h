#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/dashboards/dashboard.h"
#include "controllers/monitoringstack/spec.h"

namespace belvedere::config {

// UIDs of the dashboards of a stack: those of the target layers that are scraped, and of the log
// store where there is one. Cheap, since plans ask for nothing else of them.
std::vector<std::string_view> DashboardsOf(const monitoringstack::Targets& targets,
                                           monitoringstack::LogStore store);

// All that there are.
std::vector<dashboards::Dashboard> Dashboards();

// Name and text of a dashboard's file, as Grafana reads it. manifests/dashboards holds the same.
std::string FileNameOf(const dashboards::Dashboard& dashboard);
std::string FileTextOf(const dashboards::Dashboard& dashboard);

}  // namespace belvedere::config

#pragma once

#include <map>
#include <string>

#include "controllers/config/dashboards/dashboard.h"
#include "controllers/monitoringstack/spec.h"

namespace belvedere::config {

// The dashboards of a stack as Grafana reads them, by file name: those of the target layers that
// are scraped, and of the log store where there is one. manifests/dashboards holds the same files.
std::map<std::string, std::string> DashboardFiles(const monitoringstack::Targets& targets,
                                                  monitoringstack::LogStore store);

// The same as data.
std::vector<dashboards::Dashboard> Dashboards(const monitoringstack::Targets& targets,
                                              monitoringstack::LogStore store);

}  // namespace belvedere::config

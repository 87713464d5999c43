#pragma once

#include <string>
#include <string_view>

#include "controllers/config/ini.h"
#include "controllers/monitoringstack/spec.h"
#include "operator/base/json.h"

namespace belvedere::config {

inline constexpr int kGrafanaPort = 3000;

// Where the pod has what. The first two are also in the image's environment, which outweighs the
// file.
inline constexpr const char* kGrafanaConfig = "/etc/grafana";
inline constexpr const char* kGrafanaData = "/var/lib/grafana";
inline constexpr const char* kGrafanaAdmin = "/etc/grafana-admin";  // files username and password
inline constexpr const char* kGrafanaDashboards = "/etc/belvedere/dashboards";
inline constexpr const char* kGrafanaOwnDashboards = "/etc/belvedere/own-dashboards";

// UIDs of the data sources, by which dashboards name them.
inline constexpr const char* kPrometheusSource = "prometheus";
inline constexpr const char* kAlertmanagerSource = "alertmanager";
inline constexpr const char* kLokiSource = "loki";

// grafana.ini: nobody without a password, nothing sent to or taken from the internet, and no alerts
// of its own, which are the stack's.
ini::Document GrafanaIni();

// Where the stack's servers answer.
struct StackUrls {
  std::string prometheus;
  std::string alertmanager;
  std::string loki;  // empty: the stack has none
};

// provisioning/datasources: what is not in it any more goes.
Json GrafanaDataSources(const StackUrls& urls);

// provisioning/dashboards: those of the stack, and those of the user where there may be any.
// Grafana looks for changed files by itself.
Json GrafanaProviders(const monitoringstack::Dashboards& dashboards);

}  // namespace belvedere::config

#include "controllers/config/grafana.h"

#include "controllers/config/names.h"

namespace belvedere::config {
namespace {

using ini::FromFile;
using monitoringstack::Dashboards;

// How often Grafana looks at the files.
constexpr int kLookSeconds = 30;
constexpr const char* kHomePage = "/d/belvedere-cluster";

void AddAdmin(ini::Document& document) {
  auto& security = document["security"];
  const std::string folder = kGrafanaAdmin;
  security["admin_user"] = FromFile{folder + "/username"};
  security["admin_password"] = FromFile{folder + "/password"};
}

Json Source(const char* uid, const char* name, const std::string& url, Json settings) {
  return Json{
      {"uid", uid},        {"name", name}, {"type", uid},       {"url", url},
      {"access", "proxy"}, {"orgId", 1},   {"editable", false}, {"jsonData", std::move(settings)}};
}

Json Provider(const char* name, const char* folder, const char* path) {
  Json provider = {{"name", name},
                   {"orgId", 1},
                   {"folder", folder},
                   {"type", "file"},
                   {"allowUiUpdates", false},
                   {"updateIntervalSeconds", kLookSeconds},
                   {"options", {{"path", path}}}};
  return provider;
}

}  // namespace

ini::Document GrafanaIni() {
  const std::string config = kGrafanaConfig;
  const std::string data = kGrafanaData;
  ini::Document document{
      {"analytics",
       {{"reporting_enabled", false},
        {"check_for_updates", false},
        {"check_for_plugin_updates", false},
        {"feedback_links_enabled", false}}},
      {"auth.anonymous", {{"enabled", false}}},
      {"log", {{"mode", std::string("console")}, {"level", std::string("warn")}}},
      {"log.console", {{"format", std::string("json")}}},
      {"news", {{"news_feed_enabled", false}}},
      {"paths",
       {{"data", data},
        {"plugins", data + "/plugins"},
        {"provisioning", config + "/provisioning"}}},
      {"plugins", {{"preinstall_disabled", true}, {"plugin_admin_enabled", false}}},
      {"security", {{"disable_gravatar", true}}},
      {"server", {{"http_port", kGrafanaPort}}},
      {"snapshots", {{"external_enabled", false}}},
      {"unified_alerting", {{"execute_alerts", false}}},
      {"users", {{"allow_sign_up", false}, {"home_page", std::string(kHomePage)}}}};
  AddAdmin(document);
  return document;
}

Json GrafanaDataSources(const StackUrls& urls) {
  Json sources = Json::array();
  sources.push_back(Source(kPrometheusSource, "Prometheus", urls.prometheus,
                           {{"httpMethod", "POST"}, {"prometheusType", "Prometheus"}}));
  sources.front()["isDefault"] = true;
  sources.push_back(Source(kAlertmanagerSource, "Alertmanager", urls.alertmanager,
                           {{"implementation", "prometheus"}}));
  if (!urls.loki.empty()) {
    sources.push_back(
        Source(kLokiSource, "Loki", urls.loki, {{"httpHeaderName1", "X-Scope-OrgID"}}));
    // No secret, but Grafana knows no other place for the value of a header.
    sources.back()["secureJsonData"] = {{"httpHeaderValue1", kPlatformTenant}};
  }
  return Json{{"apiVersion", 1}, {"prune", true}, {"datasources", std::move(sources)}};
}

Json GrafanaProviders(const Dashboards& dashboards) {
  Json providers = Json::array();
  providers.push_back(Provider("belvedere", "Belvedere", kGrafanaDashboards));
  if (dashboards.own_label) providers.push_back(Provider("own", "", kGrafanaOwnDashboards));
  return Json{{"apiVersion", 1}, {"providers", std::move(providers)}};
}

}  // namespace belvedere::config

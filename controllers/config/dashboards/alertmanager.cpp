#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Do alerts become notifications?
Dashboard Alertmanager() {
  return {
      .uid = "belvedere-alertmanager",
      .title = "Alertmanager",
      .description = "Whether alerts become notifications.",
      .rows = {
          {"Now",
           {{"Alerts",
             kNumber,
             {{R"(max(alertmanager_alerts{job="alertmanager", state="active"}))"}},
             Look::kStat},
            {"Suppressed",
             kNumber,
             {{R"(max(alertmanager_alerts{job="alertmanager", state="suppressed"}))"}},
             Look::kStat},
            {"Silences",
             kNumber,
             {{R"(max(alertmanager_silences{job="alertmanager", state="active"}))"}},
             Look::kStat},
            {"Members",
             kNumber,
             {{R"(min(alertmanager_cluster_members{job="alertmanager"}) or count(up{
    job="alertmanager"} == 1))"}},
             Look::kStat},
            {"Configuration loaded",
             kNumber,
             {{R"(min(alertmanager_config_last_reload_successful{job="alertmanager"}))"}},
             Look::kStat}}},
          {"Alerts",
           {{"Received",
             kPerSecond,
             {{R"(sum by (pod, status) (rate(alertmanager_alerts_received_total{
    job="alertmanager"}[5m])))",
               "{{pod}} {{status}}"}}},
            {"Refused",
             kPerSecond,
             {{R"(sum by (pod) (rate(alertmanager_alerts_invalid_total{job="alertmanager"}[5m])))",
               "{{pod}}"}}}}},
          {"Notifications",
           {{"Sent",
             kPerSecond,
             {{R"(sum by (integration) (rate(alertmanager_notifications_total{
    job="alertmanager"}[5m])))",
               "{{integration}}"}}},
            {"Failed",
             kPerSecond,
             {{R"(sum by (integration, reason) (rate(alertmanager_notifications_failed_total{
    job="alertmanager"}[5m])))",
               "{{integration}} {{reason}}"}}},
            {"Latency, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (integration, le) (
    rate(alertmanager_notification_latency_seconds_bucket{job="alertmanager"}[5m]))))",
               "{{integration}}"}}}}},
          {"Cost",
           {{"CPU",
             kCores,
             {{R"(rate(process_cpu_seconds_total{job="alertmanager"}[5m]))", "{{pod}}"}}},
            {"Memory",
             kBytes,
             {{R"(process_resident_memory_bytes{job="alertmanager"})", "{{pod}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

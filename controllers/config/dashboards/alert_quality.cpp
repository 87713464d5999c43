#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Is what people are told worth their while?
Dashboard AlertQuality() {
  return {
      .uid = "belvedere-alert-quality",
      .title = "Alert quality",
      .description =
          "Who is told how often, which alerts come and go, and which never end. An alert that "
          "pages often, flaps or fires for days is one to mend or to remove.",
      .variables = {{"owner", "Owner", R"(ALERTS{owner!=""})", "owner"}},
      .rows = {
          {"Now",
           {{"Pages",
             kNumber,
             {{R"(count(ALERTS{alertstate="firing", severity="critical", owner=~"$owner"})
    or vector(0))"}},
             Look::kStat},
            {"Tickets",
             kNumber,
             {{R"(count(ALERTS{alertstate="firing", severity="warning", owner=~"$owner"})
    or vector(0))"}},
             Look::kStat},
            {"Of nobody",
             kNumber,
             {{R"(count(ALERTS{alertstate="firing", alertname!="Watchdog", severity!="info",
    owner=""}) or vector(0))"}},
             Look::kStat},
            {"Not delivered, an hour",
             kNumber,
             {{R"(sum(increase(alertmanager_notifications_failed_total{job="alertmanager"}[1h])))"}},
             Look::kStat}}},
          {"In seven days",
           {{"Alerts that paged, by owner",
             kNumber,
             {{R"(sort_desc(count by (owner) (
    count_over_time(ALERTS{alertstate="firing", severity="critical", owner=~"$owner"}[7d]))))"}},
             Look::kTable},
            {"Time that an alert fired, by entry",
             kSeconds,
             {{R"(topk(20, 300 * sum_over_time((count by (owner, policy_name, entry) (
    ALERTS{alertstate="firing", entry!="", owner=~"$owner"}))[7d:5m])))"}},
             Look::kTable},
            {"Came and went, by entry",
             kNumber,
             {{R"(topk(20, sum by (owner, policy_name, entry) (
    changes(ALERTS_FOR_STATE{entry!="", owner=~"$owner"}[7d])) > 0))"}},
             Look::kTable}}},
          {"Over time",
           {{"Firing, by owner",
             kNumber,
             {{R"(count by (owner, severity) (ALERTS{alertstate="firing", owner!="",
    owner=~"$owner"}))",
               "{{owner}} {{severity}}"}}},
            {"Notifications sent",
             kPerSecond,
             {{R"(sum by (integration) (rate(alertmanager_notifications_total{
    job="alertmanager"}[5m])))",
               "{{integration}}"}}},
            {"Notifications that failed",
             kPerSecond,
             {{R"(sum by (integration, reason) (rate(alertmanager_notifications_failed_total{
    job="alertmanager"}[5m])))",
               "{{integration}} {{reason}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Requests, errors and latency of what carries the annotations, under the names that client
// libraries give.
Dashboard Applications() {
  return {
      .uid = "belvedere-applications",
      .title = "Applications",
      .description = "Requests, errors and latency of the applications that are annotated.",
      .variables = {{"namespace", "Namespace", R"(up{job=~"annotated-.+"})", "namespace"},
                    {"app", "Application", R"(up{job=~"annotated-.+", namespace=~"$namespace"})",
                     "app"}},
      .rows = {
          {"Requests",
           {{"Requests",
             kPerSecond,
             {{R"(service:requests:rate5m{namespace=~"$namespace", app=~"$app"})",
               "{{namespace}}/{{app}}"}}},
            {"Errors, of the requests",
             kRatio,
             {{R"(service:errors:ratio5m{namespace=~"$namespace", app=~"$app"})",
               "{{namespace}}/{{app}}"}}},
            {"Latency, 95th percentile",
             kSeconds,
             {{R"(service:latency:p95_5m{namespace=~"$namespace", app=~"$app"})",
               "{{namespace}}/{{app}}"}}}}},
          {"Processes",
           {{"CPU",
             kCores,
             {{R"(sum by (namespace, app, pod) (rate(process_cpu_seconds_total{job=~"annotated-.+",
    namespace=~"$namespace", app=~"$app"}[5m])))",
               "{{namespace}}/{{pod}}"}}},
            {"Memory",
             kBytes,
             {{R"(sum by (namespace, app, pod) (process_resident_memory_bytes{job=~"annotated-.+",
    namespace=~"$namespace", app=~"$app"}))",
               "{{namespace}}/{{pod}}"}}},
            {"Files open, of the limit",
             kRatio,
             {{R"(max by (namespace, app, pod) (process_open_fds{job=~"annotated-.+",
    namespace=~"$namespace", app=~"$app"}
  / process_max_fds{job=~"annotated-.+", namespace=~"$namespace", app=~"$app"}))",
               "{{namespace}}/{{pod}}"}}},
            {"Targets down",
             kNumber,
             {{R"(count by (namespace, app) (up{job=~"annotated-.+", namespace=~"$namespace",
    app=~"$app"} == 0))",
               "{{namespace}}/{{app}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

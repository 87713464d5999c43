#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Lines to read, how many there are, and how the store does. Labels are those that every engine
// gives (logpipeline/outputs/loki.cpp).
Dashboard Logs() {
  return {
      .uid = "belvedere-logs",
      .title = "Logs",
      .description = "Lines of the platform's pipelines, and the store that keeps them.",
      .variables = {{"namespace", "Namespace", "", "k8s_namespace_name", Source::kLoki},
                    {"container", "Container", R"({k8s_namespace_name=~"$namespace"})",
                     "k8s_container_name", Source::kLoki}},
      .rows =
          {{"Lines",
            {{"Lines",
              kPerSecond,
              {{R"(sum by (k8s_namespace_name) (rate({k8s_namespace_name=~"$namespace",
    k8s_container_name=~"$container"} |= `$text` [$__auto])))",
                "{{k8s_namespace_name}}"}},
              Look::kGraph,
              Source::kLoki},
             {"Bytes",
              kBytesPerSecond,
              {{R"(sum by (k8s_namespace_name) (bytes_rate({k8s_namespace_name=~"$namespace",
    k8s_container_name=~"$container"} |= `$text` [$__auto])))",
                "{{k8s_namespace_name}}"}},
              Look::kGraph,
              Source::kLoki},
             {"Lines",
              kNumber,
              {{R"({k8s_namespace_name=~"$namespace",
    k8s_container_name=~"$container"} |= `$text`)"}},
              Look::kLogs,
              Source::kLoki}}},
           {"Store",
            {{"Requests that failed",
              kPerSecond,
              {{R"(sum by (route, status_code) (rate(loki_request_duration_seconds_count{
    job="loki", status_code=~"5.."}[5m])))",
                "{{route}} {{status_code}}"}}},
             {"Latency, 99th percentile",
              kSeconds,
              {{R"(histogram_quantile(0.99, sum by (route, le) (
    rate(loki_request_duration_seconds_bucket{job="loki"}[5m]))))",
                "{{route}}"}}},
             {"Taken in, by tenant",
              kBytesPerSecond,
              {{R"(sum by (tenant) (rate(loki_distributor_bytes_received_total{job="loki"}[5m])))",
                "{{tenant}}"}}},
             {"Refused, by tenant",
              kPerSecond,
              {{R"(sum by (tenant, reason) (rate(loki_discarded_samples_total{job="loki"}[5m])))",
                "{{tenant}} {{reason}}"}}},
             {"Streams", kNumber, {{R"(sum(loki_ingester_memory_streams{job="loki"}))", "all"}}},
             {"Memory", kBytes, {{R"(process_resident_memory_bytes{job="loki"})", "{{pod}}"}}}}}},
      .text_boxes = {{"text", "Contains"}}};
}

}  // namespace belvedere::config::dashboards

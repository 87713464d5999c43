#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Belvedere itself: who leads, is the work done, and is it let.
Dashboard Operator() {
  return {
      .uid = "belvedere-operator",
      .title = "Belvedere",
      .description =
          "The operator: who leads, whether its work is done, and what the API server says.",
      .rows = {
          {"Now",
           {{"Leaders",
             kNumber,
             {{R"(sum(leader_election_master_status{namespace="belvedere-system"}))"}},
             Look::kStat},
            {"Resources",
             kNumber,
             {{R"(max(sum by (pod) (belvedere_resources{namespace="belvedere-system"})))"}},
             Look::kStat},
            {"Children",
             kNumber,
             {{R"(max(sum by (pod) (belvedere_children{namespace="belvedere-system"})))"}},
             Look::kStat},
            {"Configuration not loaded",
             kNumber,
             {{"count(belvedere_agent_config_loaded == 0) or vector(0)"}},
             Look::kStat}}},
          {"Work",
           {{"Passes by result",
             kPerSecond,
             {{R"(sum by (controller, result) (rate(controller_runtime_reconcile_total{
    namespace="belvedere-system"}[5m])))",
               "{{controller}} {{result}}"}}},
            {"Duration of a pass, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (controller, le) (
    rate(controller_runtime_reconcile_time_seconds_bucket{namespace="belvedere-system"}[5m]))))",
               "{{controller}}"}}},
            {"Waiting in the queue",
             kNumber,
             {{R"(sum by (name) (workqueue_depth{namespace="belvedere-system"}))", "{{name}}"}}},
            {"Time in the queue, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (name, le) (
    rate(workqueue_queue_duration_seconds_bucket{namespace="belvedere-system"}[5m]))))",
               "{{name}}"}}}}},
          {"Writes",
           {{"Children written",
             kPerSecond,
             {{R"(sum by (kind, verb, result) (rate(belvedere_child_writes_total{
    namespace="belvedere-system"}[5m])))",
               "{{kind}} {{verb}} {{result}}"}}},
            {"Drift put right",
             kPerSecond,
             {{R"(sum by (kind) (rate(belvedere_drift_corrected_total{
    namespace="belvedere-system"}[5m])))",
               "{{kind}}"}}},
            {"Answers of the API server",
             kPerSecond,
             {{R"(sum by (code, method) (rate(rest_client_requests_total{
    namespace="belvedere-system"}[5m])))",
               "{{method}} {{code}}"}}},
            {"Faults of watches",
             kPerSecond,
             {{R"(sum by (kind) (rate(belvedere_reflector_faults_total{
    namespace="belvedere-system"}[5m])))",
               "{{kind}}"}}}}},
          {"Cost",
           {{"CPU",
             kCores,
             {{R"(namespace_pod_container:container_cpu_usage_seconds:rate5m{
    namespace="belvedere-system", container="operator"})",
               "{{pod}}"}}},
            {"Memory",
             kBytes,
             {{R"(namespace_pod_container:container_memory_working_set_bytes:sum{
    namespace="belvedere-system", container="operator"})",
               "{{pod}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

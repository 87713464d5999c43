#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// The first page: is anything wrong, how full is the cluster, and where to look next.
Dashboard Cluster() {
  return {
      .uid = "belvedere-cluster",
      .title = "Cluster",
      .description = "Alerts, what the cluster has and what of it is in use.",
      .rows = {
          {"Now",
           {{"Alerts firing",
             kNumber,
             {{R"(count(ALERTS{alertstate="firing", severity!="none"}) or vector(0))"}},
             Look::kStat},
            {"Targets down", kNumber, {{"count(up == 0) or vector(0)"}}, Look::kStat},
            {"Nodes",
             kNumber,
             {{R"(count(kube_node_info{job="kube-state-metrics"}))"}},
             Look::kStat},
            {"Pods running",
             kNumber,
             {{R"(sum(kube_pod_status_phase{job="kube-state-metrics", phase="Running"}))"}},
             Look::kStat},
            {"CPU in use", kRatio, {{"avg(instance:node_cpu_utilisation:rate5m)"}}, Look::kStat},
            {"Memory in use",
             kRatio,
             {{R"(1 - sum(node_memory_MemAvailable_bytes{job="node-exporter"})
  / sum(node_memory_MemTotal_bytes{job="node-exporter"}))"}},
             Look::kStat}}},
          {"Alerts",
           {{"Firing",
             kNumber,
             {{R"(sum by (severity, alertname, namespace, pod, node) (ALERTS{alertstate="firing",
    severity!="none"}))"}},
             Look::kTable}}},
          {"Use by namespace",
           {{"CPU", kCores, {{"namespace:container_cpu_usage_seconds:rate5m", "{{namespace}}"}}},
            {"Memory",
             kBytes,
             {{"namespace:container_memory_working_set_bytes:sum", "{{namespace}}"}}},
            {"CPU requested",
             kCores,
             {{"namespace:kube_pod_container_resource_requests_cpu:sum", "{{namespace}}"}}},
            {"Memory requested",
             kBytes,
             {{"namespace:kube_pod_container_resource_requests_memory:sum", "{{namespace}}"}}}}},
          {"Objects",
           {{"Pods by phase",
             kNumber,
             {{R"(sum by (phase) (kube_pod_status_phase{job="kube-state-metrics"}))",
               "{{phase}}"}}},
            {"Nodes that are not ready",
             kNumber,
             {{R"(sum by (node) (kube_node_status_condition{job="kube-state-metrics",
    condition="Ready", status!="true"}))",
               "{{node}}"}}},
            {"Containers that wait",
             kNumber,
             {{R"(sum by (reason) (kube_pod_container_status_waiting_reason{
    job="kube-state-metrics"}))",
               "{{reason}}"}}},
            {"Volumes, fullest first",
             kRatio,
             {{R"(topk(10, 1 - kubelet_volume_stats_available_bytes{job="kubelet"}
  / kubelet_volume_stats_capacity_bytes{job="kubelet"}))",
               "{{namespace}}/{{persistentvolumeclaim}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

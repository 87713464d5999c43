#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// The API server and the kubelets, and whichever other parts can be reached.
Dashboard ControlPlane() {
  return {
      .uid = "belvedere-control-plane",
      .title = "Kubernetes control plane",
      .description =
          "API server, kubelets and, where they can be reached, CoreDNS, scheduler, "
          "controller-manager and etcd.",
      .rows = {
          {"API server",
           {{"Requests by verb",
             kPerSecond,
             {{"sum by (verb) (code_verb:apiserver_request:rate5m)", "{{verb}}"}}},
            {"Errors, of the requests",
             kRatio,
             {{R"(sum(code_verb:apiserver_request:rate5m{
    code=~"5.."}) / sum(code_verb:apiserver_request:rate5m))",
               "all"}}},
            {"Latency, 99th percentile",
             kSeconds,
             {{R"(verb:apiserver_request_sli_duration_seconds:p99_5m{verb!~"WATCH|CONNECT"})",
               "{{verb}}"}}},
            {"Requests under way",
             kNumber,
             {{R"(sum by (request_kind) (apiserver_current_inflight_requests{job="apiserver"}))",
               "{{request_kind}}"}}}}},
          {"Kubelets",
           {{"Pods", kNumber, {{R"(kubelet_running_pods{job="kubelet"})", "{{node}}"}}},
            {"Until a pod is in sync, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (node, le) (rate(
    kubelet_pod_worker_duration_seconds_bucket{job="kubelet"}[5m]))))",
               "{{node}}"}}},
            {"Until the list of pods is read, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (node, le) (rate(
    kubelet_pleg_relist_duration_seconds_bucket{job="kubelet"}[5m]))))",
               "{{node}}"}}},
            {"Errors of the container runtime",
             kPerSecond,
             {{R"(sum by (node, operation_type) (rate(kubelet_runtime_operations_errors_total{
    job="kubelet"}[5m])))",
               "{{node}} {{operation_type}}"}}}}},
          {"CoreDNS",
           {{"Questions",
             kPerSecond,
             {{R"(sum by (type) (rate(coredns_dns_requests_total{job="coredns"}[5m])))",
               "{{type}}"}}},
            {"Answers",
             kPerSecond,
             {{R"(sum by (rcode) (rate(coredns_dns_responses_total{job="coredns"}[5m])))",
               "{{rcode}}"}}},
            {"Latency, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (zone, le) (
    rate(coredns_dns_request_duration_seconds_bucket{job="coredns"}[5m]))))",
               "{{zone}}"}}}}},
          {"Scheduler and controller-manager",
           {{"Pods that wait for a node",
             kNumber,
             {{R"(sum by (queue) (scheduler_pending_pods{job="kube-scheduler"}))", "{{queue}}"}}},
            {"Until a node is found, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (le) (
    rate(scheduler_scheduling_attempt_duration_seconds_bucket{job="kube-scheduler"}[5m]))))",
               "all"}}},
            {"Queues of the controllers, longest first",
             kNumber,
             {{R"(topk(10, sum by (name) (workqueue_depth{job="kube-controller-manager"})))",
               "{{name}}"}}}}},
          {"etcd",
           {{"Has a leader", kNumber, {{R"(etcd_server_has_leader{job="etcd"})", "{{instance}}"}}},
            {"Until it is on disk, 99th percentile",
             kSeconds,
             {{R"(histogram_quantile(0.99, sum by (instance, le) (
    rate(etcd_disk_wal_fsync_duration_seconds_bucket{job="etcd"}[5m]))))",
               "{{instance}}"}}},
            {"Database, of its quota",
             kRatio,
             {{R"(etcd_mvcc_db_total_size_in_bytes{
    job="etcd"} / etcd_server_quota_backend_bytes{job="etcd"})",
               "{{instance}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

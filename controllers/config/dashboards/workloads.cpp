#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// What containers use of what they asked for, and what the workloads around them say.
Dashboard Workloads() {
  return {
      .uid = "belvedere-workloads",
      .title = "Workloads and pods",
      .description =
          "What containers use, of what they asked for, and whether workloads are whole.",
      .variables = {{"namespace", "Namespace",
                     R"(container_memory_working_set_bytes{job="cadvisor", container!=""})",
                     "namespace"},
                    {"pod", "Pod",
                     R"(container_memory_working_set_bytes{job="cadvisor", container!="",
    namespace=~"$namespace"})",
                     "pod"}},
      .rows = {
          {"CPU",
           {{"In use",
             kCores,
             {{R"(sum by (namespace, pod) (
    namespace_pod_container:container_cpu_usage_seconds:rate5m{namespace=~"$namespace",
    pod=~"$pod"}))",
               "{{namespace}}/{{pod}}"}}},
            {"Throttled, of the periods",
             kRatio,
             {{R"(sum by (namespace, pod, container) (rate(
    container_cpu_cfs_throttled_periods_total{job="cadvisor", container!="",
    namespace=~"$namespace", pod=~"$pod"}[5m]))
  / sum by (namespace, pod, container) (rate(container_cpu_cfs_periods_total{job="cadvisor",
    container!="", namespace=~"$namespace", pod=~"$pod"}[5m])))",
               "{{namespace}}/{{pod}} {{container}}"}}},
            {"In use, of the request",
             kRatio,
             {{R"(sum by (namespace, pod) (
    namespace_pod_container:container_cpu_usage_seconds:rate5m{namespace=~"$namespace",
    pod=~"$pod"})
  / sum by (namespace, pod) (kube_pod_container_resource_requests{job="kube-state-metrics",
    resource="cpu", namespace=~"$namespace", pod=~"$pod"}))",
               "{{namespace}}/{{pod}}"}}}}},
          {"Memory",
           {{"Working set",
             kBytes,
             {{R"(sum by (namespace, pod) (
    namespace_pod_container:container_memory_working_set_bytes:sum{namespace=~"$namespace",
    pod=~"$pod"}))",
               "{{namespace}}/{{pod}}"}}},
            {"Working set, of the request",
             kRatio,
             {{R"(sum by (namespace, pod) (
    namespace_pod_container:container_memory_working_set_bytes:sum{namespace=~"$namespace",
    pod=~"$pod"})
  / sum by (namespace, pod) (kube_pod_container_resource_requests{job="kube-state-metrics",
    resource="memory", namespace=~"$namespace", pod=~"$pod"}))",
               "{{namespace}}/{{pod}}"}}},
            {"Working set, of the limit",
             kRatio,
             {{R"(sum by (namespace, pod, container) (
    namespace_pod_container:container_memory_working_set_bytes:sum{namespace=~"$namespace",
    pod=~"$pod"})
  / sum by (namespace, pod, container) (container_spec_memory_limit_bytes{job="cadvisor",
    container!="", namespace=~"$namespace", pod=~"$pod"} > 0))",
               "{{namespace}}/{{pod}} {{container}}"}}},
            {"Killed for want of memory",
             kNumber,
             {{R"(sum by (namespace, pod, container) (increase(container_oom_events_total{
    job="cadvisor", container!="", namespace=~"$namespace", pod=~"$pod"}[5m])) > 0)",
               "{{namespace}}/{{pod}} {{container}}"}}}}},
          {"Network",
           {{"Received",
             kBytesPerSecond,
             {{R"(namespace_pod:container_network_receive_bytes:rate5m{namespace=~"$namespace",
    pod=~"$pod"})",
               "{{namespace}}/{{pod}}"}}},
            {"Sent",
             kBytesPerSecond,
             {{R"(namespace_pod:container_network_transmit_bytes:rate5m{namespace=~"$namespace",
    pod=~"$pod"})",
               "{{namespace}}/{{pod}}"}}}}},
          {"Workloads",
           {{"Restarts",
             kNumber,
             {{R"(sum by (namespace, pod, container) (increase(
    kube_pod_container_status_restarts_total{job="kube-state-metrics", namespace=~"$namespace",
    pod=~"$pod"}[15m])) > 0)",
               "{{namespace}}/{{pod}} {{container}}"}}},
            {"Containers that wait",
             kNumber,
             {{R"(sum by (namespace, pod, reason) (kube_pod_container_status_waiting_reason{
    job="kube-state-metrics", namespace=~"$namespace", pod=~"$pod"}))",
               "{{namespace}}/{{pod}} {{reason}}"}}},
            {"Replicas missing",
             kNumber,
             {{R"(kube_deployment_spec_replicas{job="kube-state-metrics", namespace=~"$namespace"}
  - kube_deployment_status_replicas_available{job="kube-state-metrics",
    namespace=~"$namespace"} > 0)",
               "Deployment {{namespace}}/{{deployment}}"},
              {R"(kube_statefulset_replicas{job="kube-state-metrics", namespace=~"$namespace"}
  - kube_statefulset_status_replicas_ready{job="kube-state-metrics", namespace=~"$namespace"} > 0)",
               "StatefulSet {{namespace}}/{{statefulset}}"},
              {R"(kube_daemonset_status_desired_number_scheduled{job="kube-state-metrics",
    namespace=~"$namespace"}
  - kube_daemonset_status_number_ready{job="kube-state-metrics", namespace=~"$namespace"} > 0)",
               "DaemonSet {{namespace}}/{{daemonset}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

#include "controllers/config/scrape.h"

#include <array>

#include "controllers/config/names.h"
#include "controllers/config/relabel.h"

namespace belvedere::config {
namespace {

using monitoringstack::AutoState;
using monitoringstack::Limits;
using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kNodeLayer = "node";
constexpr std::string_view kContainerLayer = "container";
constexpr std::string_view kApplicationLayer = "application";
constexpr std::string_view kKubernetesLayer = "kubernetes";

constexpr const char* kPodNamespace = "__meta_kubernetes_namespace";
constexpr const char* kPodName = "__meta_kubernetes_pod_name";
constexpr const char* kPodNode = "__meta_kubernetes_pod_node_name";
constexpr const char* kPodIp = "__meta_kubernetes_pod_ip";
constexpr const char* kPortName = "__meta_kubernetes_pod_container_port_name";
constexpr const char* kComponentLabel = "__meta_kubernetes_pod_label_app_kubernetes_io_component";
constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

// Discovery. Prometheus runs equal ones once, so jobs share them where they can.
Json Discovery(std::string_view role) { return Json{{"role", role}}; }

Json PodsIn(std::string_view ns) {
  Json discovery = Discovery("pod");
  discovery["namespaces"]["names"] = Json::array({std::string(ns)});
  return discovery;
}

Json PodsIn(std::string_view ns, const std::string& label_selector) {
  Json discovery = PodsIn(ns);
  discovery["selectors"].push_back({{"role", "pod"}, {"label", label_selector}});
  return discovery;
}

Json SingletonPods(std::string_view ns, std::string_view component) {
  return PodsIn(ns, "app.kubernetes.io/managed-by=belvedere,app.kubernetes.io/name=" +
                        std::string(component));
}

Json Job(std::string_view name, std::string_view layer, Json discovery) {
  Json job = {{"job_name", name}};
  job["kubernetes_sd_configs"].push_back(std::move(discovery));
  job["relabel_configs"].push_back(Set("layer", layer));
  return job;
}

void Add(Json& job, std::vector<Json> rules) {
  for (Json& rule : rules) job["relabel_configs"].push_back(std::move(rule));
}

void AddMetricRules(Json& job, std::vector<Json> rules) {
  for (Json& rule : rules) job["metric_relabel_configs"].push_back(std::move(rule));
}

Json DropMetrics(std::string_view regex) { return Drop({"__name__"}, regex); }

// Of every program that uses Kubernetes' own client library.
constexpr std::string_view kClientInternals =
    "(rest_client|workqueue)_.*_bucket|kubernetes_feature_enabled";

// HTTPS with the token of Prometheus. Kubelets and control-plane programs mostly have certificates
// that nobody signed; then only the token, which tells them who asks, protects the exchange.
enum class ServerCheck { kClusterCa, kNone };
void UseToken(Json& job, ServerCheck check) {
  job["scheme"] = "https";
  job["authorization"] = {{"type", "Bearer"},
                          {"credentials_file", std::string(kAccount) + "/token"}};
  if (check == ServerCheck::kNone) {
    job["tls_config"] = {{"insecure_skip_verify", true}};
  } else {
    job["tls_config"] = {{"ca_file", std::string(kAccount) + "/ca.crt"},
                         {"server_name", "kubernetes.default.svc"}};
  }
}

std::vector<Json> NameByNode(const std::string& source) {
  return {Copy(source, "instance"), Copy(source, "node")};
}

Json NodeExporterJob() {
  Json job = Job("node-exporter", kNodeLayer, SingletonPods(kNodeNamespace, kNodeExporter));
  Add(job, {Keep({kPortName}, kNodePort)});
  Add(job, NameByNode(kPodNode));
  return job;
}

Json KubeletJob(std::string_view name, std::string_view layer, std::string_view path) {
  Json job = Job(name, layer, Discovery("node"));
  UseToken(job, ServerCheck::kNone);
  job["metrics_path"] = path;
  Add(job, NameByNode("__meta_kubernetes_node_name"));
  return job;
}

Json CadvisorJob() {
  Json job = KubeletJob("cadvisor", kContainerLayer, "/metrics/cadvisor");
  // The kubelet answers from a cache with its own timestamps, which then look stale or late.
  job["honor_timestamps"] = false;
  AddMetricRules(
      job,
      {DropMetrics("container_(file_descriptors|sockets|tasks_state|threads|threads_max|"
                   "ulimits_soft|last_seen)"),
       DropMetrics("container_(blkio_device_usage_total|memory_failures_total|"
                   "network_(advance_tcp|tcp6?|udp6?)_.*)"),
       DropMetrics("container_spec_(cpu_shares|memory_reservation_limit_bytes|"
                   "memory_swap_limit_bytes)"),
       // Of the cgroups only pods' and the root; the others are slices of the node's own services.
       Drop({"id", "pod"}, "/.+;")});
  return job;
}

Json KubeletOwnJob() {
  Json job = KubeletJob("kubelet", kKubernetesLayer, "/metrics");
  AddMetricRules(job, {DropMetrics("(apiserver|authentication|authorization)_.*"),
                       DropMetrics("kubelet_http_requests_duration_.*"),
                       DropMetrics("(csi_operations_seconds|storage_operation_duration_seconds|"
                                   "kubelet_runtime_operations_duration_seconds)_bucket"),
                       DropMetrics(kClientInternals)});
  return job;
}

Json ObjectsJob(std::string_view name, std::string_view port) {
  Json job = Job(name, kKubernetesLayer, SingletonPods(kSystemNamespace, kKubeStateMetrics));
  // A pod's address in `instance` would begin every series anew with each restart.
  Add(job, {Keep({kPortName}, port), Keep({"__meta_kubernetes_pod_ready"}, "true"),
            Set("instance", kKubeStateMetrics)});
  return job;
}

Json ApiServerJob() {
  Json discovery = Discovery("endpointslice");
  discovery["namespaces"]["names"] = Json::array({"default"});
  Json job = Job("apiserver", kKubernetesLayer, std::move(discovery));
  UseToken(job, ServerCheck::kClusterCa);
  Add(job, {Keep({"__meta_kubernetes_service_name", "__meta_kubernetes_endpointslice_port_name"},
                 "kubernetes;https")});
  // Histograms of many thousand series that no rule or dashboard reads.
  AddMetricRules(
      job,
      {DropMetrics("apiserver_(admission_.*|flowcontrol_.*|request_body_size_bytes|"
                   "request_duration_seconds|response_sizes)_bucket"),
       DropMetrics("(apiserver_watch_(cache_read_wait_seconds|events_sizes|list_duration_seconds)|"
                   "etcd_request_duration_seconds)_bucket"),
       DropMetrics(kClientInternals)});
  return job;
}

struct ControlPlanePart {
  std::string_view job;
  std::string_view label_value;  // of `component` (kubeadm) or `k8s-app`
  int port;
  enum class Scheme { kHttp, kHttps } scheme;
};

// Whichever of these run as pods; where the provider hides them, nothing is found.
constexpr std::array<ControlPlanePart, 5> kControlPlane{{
    {"coredns", "kube-dns|coredns", 9153, ControlPlanePart::Scheme::kHttp},
    {"kube-controller-manager", "kube-controller-manager", 10257, ControlPlanePart::Scheme::kHttps},
    {"kube-scheduler", "kube-scheduler", 10259, ControlPlanePart::Scheme::kHttps},
    {"kube-proxy", "kube-proxy", 10249, ControlPlanePart::Scheme::kHttp},
    {"etcd", "etcd", 2381, ControlPlanePart::Scheme::kHttp},
}};

// The pod's address with another port; in brackets where it is IPv6.
std::vector<Json> AddressWithPort(const std::string& port_label, std::string_view port_regex) {
  const std::string port(port_regex);
  return {Replace({kPodIp, port_label}, "([^:]+);(" + port + ")", "$1:$2", "__address__"),
          Replace({kPodIp, port_label}, "(.*:.*);(" + port + ")", "[$1]:$2", "__address__")};
}

Json ControlPlaneJob(const ControlPlanePart& part) {
  Json job = Job(part.job, kKubernetesLayer, PodsIn("kube-system"));
  if (part.scheme == ControlPlanePart::Scheme::kHttps) UseToken(job, ServerCheck::kNone);
  const std::string value(part.label_value);
  Add(job, {Keep({"__meta_kubernetes_pod_label_component", "__meta_kubernetes_pod_label_k8s_app"},
                 "(" + value + ");.*|.*;(" + value + ")"),
            Keep({"__meta_kubernetes_pod_phase"}, "Running"),
            Set("__tmp_port", std::to_string(part.port))});
  Add(job, AddressWithPort("__tmp_port", "\\d+"));
  Add(job, {Copy(kPodName, "pod"), Copy(kPodName, "instance"), Copy(kPodNode, "node"),
            Copy(kPodNamespace, "namespace")});
  return job;
}

// Of targets that stand in anybody's namespace.
void Limit(const Limits& limits, Json& job) {
  job["follow_redirects"] = false;
  if (limits.samples > 0) job["sample_limit"] = limits.samples;
  if (limits.labels > 0) job["label_limit"] = limits.labels;
  if (limits.targets > 0) job["target_limit"] = limits.targets;
}

// Whether the targets come from applications' own annotations: limited, never redirected, and
// never shown a token.
Json AnnotatedJob(std::string_view name, std::string_view role, const Spec& spec) {
  Json discovery = Discovery(role);
  const std::vector<Json> namespaces = KeepNamespaces(spec.targets.application_namespaces);
  if (!namespaces.empty()) discovery["attach_metadata"]["namespace"] = true;
  Json job = Job(name, kApplicationLayer, std::move(discovery));
  Add(job, namespaces);
  // Only the rules of policies stamp it: else an application could speak for somebody's SLO.
  AddMetricRules(job, {Drop({"policy_namespace"}, ".+")});
  Limit(spec.metrics.limits, job);
  return job;
}

std::string Annotation(std::string_view object, std::string_view name) {
  return "__meta_kubernetes_" + std::string(object) + "_annotation_prometheus_io_" +
         std::string(name);
}

// prometheus.io/scrape, /scheme and /path; the port is read from where the address comes from.
void AddAnnotationRules(Json& job, std::string_view object, const Spec& spec) {
  Add(job, {Keep({Annotation(object, "scrape")}, "true"),
            Replace({Annotation(object, "scheme")}, "(https?)", "$1", "__scheme__"),
            Replace({Annotation(object, "path")}, "(.+)", "$1", "__metrics_path__")});
  if (spec.targets.control_plane != AutoState::kDisabled) {
    // CoreDNS is a job of its own and mostly annotated as well.
    Add(job, {Drop({kPodNamespace, "__meta_kubernetes_pod_label_k8s_app"},
                   "kube-system;(kube-dns|coredns)")});
  }
}

Json AnnotatedPodsJob(const Spec& spec) {
  Json job = AnnotatedJob("annotated-pods", "pod", spec);
  AddAnnotationRules(job, "pod", spec);
  Add(job, {Drop({"__meta_kubernetes_pod_phase"}, "Pending|Succeeded|Failed"),
            Drop({"__meta_kubernetes_pod_container_port_protocol"}, "UDP|SCTP"),
            // Some port must be named, by the annotation or by the container.
            Keep({Annotation("pod", "port"), "__meta_kubernetes_pod_container_port_number"},
                 ".*\\d.*")});
  Add(job, AddressWithPort(Annotation("pod", "port"), "\\d+"));
  Add(job, {Copy(kPodNamespace, "namespace"), Copy(kPodName, "pod"), Copy(kPodNode, "node"),
            Copy("__meta_kubernetes_pod_label_app_kubernetes_io_name", "app")});
  return job;
}

Json AnnotatedServicesJob(const Spec& spec) {
  Json job = AnnotatedJob("annotated-services", "endpointslice", spec);
  AddAnnotationRules(job, "service", spec);
  Add(job, {Drop({"__meta_kubernetes_endpointslice_port_protocol"}, "UDP|SCTP"),
            Replace({"__address__", Annotation("service", "port")}, "(.+?)(?::\\d+)?;(\\d+)",
                    "$1:$2", "__address__"),
            Copy(kPodNamespace, "namespace"), Copy("__meta_kubernetes_service_name", "service"),
            Copy(kPodName, "pod"), Copy(kPodNode, "node"),
            Copy("__meta_kubernetes_service_label_app_kubernetes_io_name", "app")});
  return job;
}

// The stack's own servers are applications like any other.
Json OwnJob(std::string_view name, std::string_view components, std::string_view port,
            const Json& discovery) {
  Json job = Job(name, kApplicationLayer, discovery);
  Add(job,
      {Keep({kComponentLabel, kPortName}, "(" + std::string(components) + ");" + std::string(port)),
       Copy(kPodNamespace, "namespace"), Copy(kPodName, "pod"), Copy(kPodName, "instance"),
       Copy(kPodNode, "node"), Copy(kComponentLabel, "app")});
  return job;
}

// Pods that read or send logs, found by the operator's own labels.
Json LogJob(std::string_view name, Json discovery) {
  Json job = Job(name, kApplicationLayer, std::move(discovery));
  Add(job, {Keep({kPortName}, std::string(kFluentBitPort) + "|" + std::string(kCollectorPort)),
            Drop({"__meta_kubernetes_pod_phase"}, "Pending|Succeeded|Failed"),
            Replace({kPortName}, kFluentBitPort, kFluentBitMetrics, "__metrics_path__"),
            Copy(kPodNamespace, "namespace"), Copy(kPodName, "pod"), Copy(kPodName, "instance"),
            Copy(kPodNode, "node"), Copy(kComponentLabel, "app")});
  return job;
}

// Both engines call what reads and what sends <namespace>.<pipeline>.<input or output>, and the
// collector puts a type before and an id behind.
constexpr std::string_view kPartOfPipeline =
    R"((?:[^/]+/)?([^./]+)\.([^./]+)\.([^./]+)(?:\.[^./]+)?)";

std::vector<Json> PartLabels() {
  const std::string part(kPartOfPipeline);
  return {Replace({"receiver"}, part, "$3", "input"), Replace({"exporter"}, part, "$3", "output"),
          Replace({"__name__", "name"}, "fluentbit_input_.+;" + part, "$3", "input"),
          Replace({"__name__", "name"}, "fluentbit_output_.+;" + part, "$3", "output")};
}

// Node agents and readers of events serve many pipelines.
Json LogAgentsJob() {
  std::string names;
  for (const std::string_view name : {kFluentBit, kFluentBitEvents, kCollector, kCollectorEvents}) {
    names += (names.empty() ? "" : ",") + std::string(name);
  }
  Json job = LogJob("log-agents", PodsIn(kNodeNamespace,
                                         "app.kubernetes.io/managed-by=belvedere,"
                                         "app.kubernetes.io/name in (" +
                                             names + ")"));
  AddMetricRules(job, PartLabels());
  for (const char* label : {"receiver", "exporter", "name"}) {
    const std::string part(kPartOfPipeline);
    AddMetricRules(job, {Replace({label}, part, "$1", "pipeline_namespace"),
                         Replace({label}, part, "$2", "pipeline")});
  }
  return job;
}

// The gateway of one pipeline. Its pod says which: a tenant may forge metrics, and could claim with
// them what happens to another's records.
Json LogGatewaysJob(const Limits& limits) {
  Json discovery = Discovery("pod");
  discovery["selectors"].push_back(
      {{"role", "pod"},
       {"label", "app.kubernetes.io/managed-by=belvedere,app.kubernetes.io/name=" +
                     std::string(kLogGateway)}});
  Json job = LogJob("log-gateways", std::move(discovery));
  Limit(limits, job);
  Add(job, {Copy(kPodNamespace, "pipeline_namespace"),
            Copy("__meta_kubernetes_pod_label_belvedere_dev_owner_name", "pipeline")});
  AddMetricRules(job, PartLabels());
  return job;
}

void AddControlPlane(Json& jobs) {
  jobs.push_back(ApiServerJob());
  jobs.push_back(KubeletOwnJob());
  for (const ControlPlanePart& part : kControlPlane) jobs.push_back(ControlPlaneJob(part));
}

}  // namespace

Json OwnPodsDiscovery(const std::string& stack_ns, const std::string& stack_name) {
  return PodsIn(stack_ns, "app.kubernetes.io/instance=" + stack_name +
                              ",app.kubernetes.io/managed-by=belvedere");
}

Json ScrapeConfigs(const std::string& stack_ns, const std::string& stack_name, const Spec& spec) {
  Json jobs = Json::array();
  if (spec.targets.nodes == State::kEnabled) jobs.push_back(NodeExporterJob());
  if (spec.targets.containers == State::kEnabled) jobs.push_back(CadvisorJob());
  if (spec.targets.annotations == State::kEnabled) {
    jobs.push_back(AnnotatedPodsJob(spec));
    jobs.push_back(AnnotatedServicesJob(spec));
  }
  if (spec.targets.objects == State::kEnabled) {
    Json objects = ObjectsJob("kube-state-metrics", kObjectsPort);
    objects["honor_labels"] = true;  // its labels name the objects it reports on
    jobs.push_back(std::move(objects));
    jobs.push_back(ObjectsJob("kube-state-metrics-self", kTelemetryPort));
  }
  if (spec.targets.control_plane != AutoState::kDisabled) AddControlPlane(jobs);
  const Json own = OwnPodsDiscovery(stack_ns, stack_name);
  jobs.push_back(OwnJob("prometheus", kPrometheus, kWebPort, own));
  jobs.push_back(OwnJob("alertmanager", kAlertmanager, kWebPort, own));
  if (spec.logs.store == monitoringstack::LogStore::kLoki) {
    jobs.push_back(OwnJob("loki", kLoki, kWebPort, own));
  }
  if (spec.dashboards.state == State::kEnabled) {
    jobs.push_back(OwnJob("grafana", kGrafana, kWebPort, own));
  }
  jobs.push_back(OwnJob("belvedere-agent",
                        std::string(kPrometheus) + "|" + std::string(kAlertmanager), kAgentPort,
                        own));
  jobs.push_back(LogAgentsJob());
  jobs.push_back(LogGatewaysJob(spec.metrics.limits));
  return jobs;
}

}  // namespace belvedere::config

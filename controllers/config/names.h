#pragma once

#include <string_view>

// Names that the objects of an operand and the configuration of another must agree on.
namespace belvedere::config {

// Namespaces that the install makes.
inline constexpr std::string_view kSystemNamespace = "belvedere-system";
inline constexpr std::string_view kNodeNamespace = "belvedere-node";  // privileged pods

// Components, as in the labels app.kubernetes.io/name and /component.
inline constexpr std::string_view kPrometheus = "prometheus";
inline constexpr std::string_view kAlertmanager = "alertmanager";
inline constexpr std::string_view kLoki = "loki";
inline constexpr std::string_view kGrafana = "grafana";
inline constexpr std::string_view kNodeExporter = "node-exporter";
inline constexpr std::string_view kKubeStateMetrics = "kube-state-metrics";
// What reads and sends logs: of each engine one a node and one for events; the gateway of a
// tenant's pipeline runs either engine.
inline constexpr std::string_view kFluentBit = "fluent-bit";
inline constexpr std::string_view kFluentBitEvents = "fluent-bit-events";
inline constexpr std::string_view kCollector = "otel-collector";
inline constexpr std::string_view kCollectorEvents = "otel-collector-events";
inline constexpr std::string_view kLogGateway = "log-gateway";

// Names of container ports.
inline constexpr std::string_view kWebPort = "web";
inline constexpr std::string_view kAgentPort = "agent";
inline constexpr std::string_view kNodePort = "metrics";
inline constexpr std::string_view kObjectsPort = "http-metrics";
inline constexpr std::string_view kTelemetryPort = "telemetry";
inline constexpr std::string_view kFluentBitPort = "http";
inline constexpr std::string_view kCollectorPort = "metrics";

// Where Fluent Bit serves its metrics; all others do at /metrics.
inline constexpr std::string_view kFluentBitMetrics = "/api/v2/metrics/prometheus";

// Whose the records of the platform's pipelines are in the store (header X-Scope-OrgID).
inline constexpr std::string_view kPlatformTenant = "platform";

// Where the pods of an Alertmanager have the Secrets that receivers name, each in a folder of its
// name.
inline constexpr std::string_view kReceiverSecrets = "/etc/belvedere/secrets";

// External label that tells the replicas of a stack apart.
inline constexpr std::string_view kReplicaLabel = "prometheus_replica";

}  // namespace belvedere::config

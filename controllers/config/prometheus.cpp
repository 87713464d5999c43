#include "controllers/config/prometheus.h"

#include <algorithm>

#include "controllers/config/byte_size.h"
#include "controllers/config/names.h"
#include "controllers/config/relabel.h"
#include "controllers/config/scrape.h"
#include "operator/base/duration.h"

namespace belvedere::config {
namespace {

using monitoringstack::Spec;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kMaxScrapeTimeout = seconds(10);
constexpr milliseconds kMaxEvaluationInterval = seconds(30);

Json ExternalLabels(const Spec& spec) {
  Json labels = Json::object();
  for (const auto& [name, value] : spec.external_labels) labels[name] = value;
  if (!spec.cluster.name.empty()) labels["cluster"] = spec.cluster.name;
  if (!spec.cluster.region.empty()) labels["region"] = spec.cluster.region;
  if (!spec.cluster.environment.empty()) labels["environment"] = spec.cluster.environment;
  // Prometheus itself puts the environment variable in.
  labels[std::string(kReplicaLabel)] = "${POD_NAME}";
  return labels;
}

Json Global(const Spec& spec) {
  const milliseconds interval = spec.metrics.scrape_interval;
  return Json{{"scrape_interval", FormatDuration(interval)},
              {"scrape_timeout", FormatDuration(std::min(interval, kMaxScrapeTimeout))},
              {"evaluation_interval", FormatDuration(std::min(interval, kMaxEvaluationInterval))},
              {"external_labels", ExternalLabels(spec)}};
}

Json Alerting(const std::string& stack_ns, const std::string& stack_name) {
  Json alertmanagers = {{"api_version", "v2"}, {"relabel_configs", Json::array()}};
  alertmanagers["kubernetes_sd_configs"].push_back(OwnPodsDiscovery(stack_ns, stack_name));
  // Every one of them, never a Service in front: each must see all alerts for gossip to work.
  alertmanagers["relabel_configs"].push_back(
      Keep({"__meta_kubernetes_pod_label_app_kubernetes_io_component",
            "__meta_kubernetes_pod_container_port_name"},
           std::string(kAlertmanager) + ";" + std::string(kWebPort)));
  Json alerting = Json::object();
  alerting["alertmanagers"].push_back(std::move(alertmanagers));
  // Replicas must send equal alerts, or each would be notified once a replica.
  alerting["alert_relabel_configs"].push_back(DropLabels(kReplicaLabel));
  return alerting;
}

Json Storage(const Spec& spec) {
  Json tsdb = {{"retention", {{"time", FormatDuration(spec.metrics.retention_time)}}}};
  if (spec.metrics.retention_size) {
    tsdb["retention"]["size"] = FormatByteSize(*spec.metrics.retention_size);
  }
  if (spec.metrics.out_of_order_window > milliseconds(0)) {
    tsdb["out_of_order_time_window"] = FormatDuration(spec.metrics.out_of_order_window);
  }
  return Json{{"tsdb", std::move(tsdb)}};
}

}  // namespace

Json PrometheusConfig(const std::string& stack_ns, const std::string& stack_name, const Spec& spec,
                      const std::vector<std::string>& rule_files) {
  return Json{{"global", Global(spec)},
              {"alerting", Alerting(stack_ns, stack_name)},
              {"rule_files", rule_files},
              {"scrape_configs", ScrapeConfigs(stack_ns, stack_name, spec)},
              {"storage", Storage(spec)}};
}

}  // namespace belvedere::config

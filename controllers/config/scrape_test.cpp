#include "controllers/config/scrape.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "controllers/config/testing/relabelled.h"

namespace belvedere::config {
namespace {

using monitoringstack::AutoState;
using monitoringstack::ParseSpec;
using monitoringstack::Spec;
using monitoringstack::State;
using testing::Relabelled;
using testing::SeriesLabels;

std::map<std::string, Json> Jobs(const Spec& spec) {
  std::map<std::string, Json> jobs;
  for (const Json& job : ScrapeConfigs("ns", "s", spec)) {
    EXPECT_TRUE(jobs.emplace(job.at("job_name").get<std::string>(), job).second);
  }
  return jobs;
}

Spec Defaults() { return ParseSpec(Json::object()).value(); }

std::string LayerOf(const Json& job) {
  for (const Json& rule : job.at("relabel_configs")) {
    if (rule.value("target_label", "") == "layer") return rule.at("replacement");
  }
  return "";
}

TEST(ScrapeConfigs, CoverAllFourLayersAndLabelEachTarget) {
  std::set<std::string> layers;
  for (const auto& [name, job] : Jobs(Defaults())) layers.insert(LayerOf(job));
  EXPECT_EQ(layers, (std::set<std::string>{"application", "container", "kubernetes", "node"}));
}

TEST(ScrapeConfigs, LeaveOutWhatIsDisabled) {
  Spec spec = Defaults();
  spec.targets.nodes = spec.targets.containers = spec.targets.annotations = spec.targets.objects =
      State::kDisabled;
  spec.targets.control_plane = AutoState::kDisabled;
  spec.dashboards.state = State::kDisabled;
  std::set<std::string> names;
  for (const auto& [name, job] : Jobs(spec)) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"alertmanager", "belvedere-agent", "log-agents",
                                          "log-gateways", "prometheus"}));
}

// A token shown to an application would let it act as Prometheus.
TEST(ScrapeConfigs, ShowTheTokenToKubernetesAlone) {
  for (const auto& [name, job] : Jobs(Defaults())) {
    if (!job.contains("authorization")) continue;
    EXPECT_NE(LayerOf(job), "application") << name;
    EXPECT_EQ(job.at("scheme"), "https") << name;
  }
  const auto jobs = Jobs(Defaults());
  EXPECT_FALSE(jobs.at("node-exporter").contains("authorization"));
  EXPECT_EQ(jobs.at("annotated-pods").at("follow_redirects"), false);
  EXPECT_EQ(jobs.at("annotated-services").at("follow_redirects"), false);
}

TEST(ScrapeConfigs, LimitWhatStandsInNamespacesOfOthers) {
  Spec spec = Defaults();
  spec.metrics.limits = {.samples = 5, .labels = 6, .targets = 7};
  for (const auto& [name, job] : Jobs(spec)) {
    const bool limited = name.starts_with("annotated-") || name == "log-gateways";
    EXPECT_EQ(job.contains("sample_limit"), limited) << name;
    if (!limited) continue;
    EXPECT_EQ(job.at("sample_limit"), 5);
    EXPECT_EQ(job.at("label_limit"), 6);
    EXPECT_EQ(job.at("target_limit"), 7);
  }
}

TEST(ScrapeConfigs, DropWhatAnApplicationSaysInTheNameOfAPolicy) {
  for (const char* job : {"annotated-pods", "annotated-services"}) {
    const Json rules = Jobs(Defaults()).at(job)["metric_relabel_configs"];
    EXPECT_TRUE(
        Relabelled(rules, {{"__name__", "slo:errors"}, {"policy_namespace", "bank"}}).empty());
    EXPECT_FALSE(Relabelled(rules, {{"__name__", "errors"}, {"namespace", "shop"}}).empty());
  }
}

TEST(ScrapeConfigs, SelectNamespacesOfApplicationsByTheirLabels) {
  Spec spec = Defaults();
  EXPECT_FALSE(
      Jobs(spec).at("annotated-pods")["kubernetes_sd_configs"][0].contains("attach_metadata"));
  spec.targets.application_namespaces.match_labels = {{"monitoring", "enabled"}};
  const Json job = Jobs(spec).at("annotated-pods");
  EXPECT_EQ(job["kubernetes_sd_configs"][0]["attach_metadata"]["namespace"], true);
  EXPECT_EQ(job["relabel_configs"][1]["regex"], "true;(enabled)");
}

TEST(ScrapeConfigs, NameThePipelineOfWhatLogAgentsCount) {
  const auto rules = Jobs(Defaults()).at("log-agents")["metric_relabel_configs"];
  const auto names = [&](SeriesLabels series) {
    series = Relabelled(rules, std::move(series));
    return series["pipeline_namespace"] + "/" + series["pipeline"] + "/" + series["input"] + "/" +
           series["output"];
  };
  EXPECT_EQ(names({{"__name__", "otelcol_exporter_queue_size"},
                   {"exporter", "otlp_http/shop.logs.loki.0123456789abcdef"}}),
            "shop/logs//loki");
  EXPECT_EQ(names({{"__name__", "otelcol_receiver_accepted_log_records"},
                   {"receiver", "file_log/shop.logs.containers.0123456789abcdef"}}),
            "shop/logs/containers/");
  EXPECT_EQ(names({{"__name__", "fluentbit_output_proc_records_total"}, {"name", "shop.logs.a"}}),
            "shop/logs//a");
  EXPECT_EQ(names({{"__name__", "fluentbit_input_records_total"}, {"name", "shop.logs.audit"}}),
            "shop/logs/audit/");
  EXPECT_EQ(names({{"__name__", "fluentbit_filter_drop_records_total"}, {"name", "grep.0"}}),
            "///");
}

// A tenant may serve what it likes under the labels of a gateway.
TEST(ScrapeConfigs, BelieveTheObjectsOfAGatewayAndNotItsMetrics) {
  const Json job = Jobs(Defaults()).at("log-gateways");
  const SeriesLabels target = Relabelled(
      job["relabel_configs"], {{"__meta_kubernetes_namespace", "bank"},
                               {"__meta_kubernetes_pod_phase", "Running"},
                               {"__meta_kubernetes_pod_container_port_name", "http"},
                               {"__meta_kubernetes_pod_label_belvedere_dev_owner_name", "own"}});
  EXPECT_EQ(target.at("__metrics_path__"), "/api/v2/metrics/prometheus");
  EXPECT_EQ(target.at("pipeline_namespace") + "/" + target.at("pipeline"), "bank/own");
  SeriesLabels series = target;
  series["__name__"] = "fluentbit_output_dropped_records_total";
  series["name"] = "shop.logs.a";
  series = Relabelled(job["metric_relabel_configs"], series);
  EXPECT_EQ(series["pipeline_namespace"] + "/" + series["pipeline"] + "/" + series["output"],
            "bank/own/a");
}

}  // namespace
}  // namespace belvedere::config

#include <gtest/gtest.h>

#include "controllers/config/rules.h"
#include "controllers/config/scrape.h"
#include "controllers/config/testing/relabelled.h"
#include "controllers/logpipeline/engine.h"
#include "controllers/logpipeline/testing/otelcol_pipelines.h"

namespace belvedere::logpipeline {
namespace {

using config::testing::Relabelled;
using config::testing::SeriesLabels;

Json JobOf(const std::string& name) {
  for (const Json& job : config::ScrapeConfigs("ns", "s", {})) {
    if (job["job_name"] == name) return job;
  }
  return nullptr;
}

// Names of the ports of a workload's pods whose targets the job keeps, each with its path.
std::map<std::string, std::string> ScrapedPorts(const Json& job, const Json& workload) {
  std::map<std::string, std::string> ports;
  for (const Json& container : workload["spec"]["template"]["spec"]["containers"]) {
    for (const Json& port : container.value("ports", Json::array())) {
      const SeriesLabels target = Relabelled(
          job["relabel_configs"], {{"__meta_kubernetes_pod_container_port_name", port["name"]},
                                   {"__meta_kubernetes_pod_phase", "Running"},
                                   {"__metrics_path__", "/metrics"}});
      if (target.empty()) continue;
      ports[std::to_string(port["containerPort"].get<int>())] = target.at("__metrics_path__");
    }
  }
  return ports;
}

void ExpectScraped(const std::string& job_name, const Engine& engine, const Json& workload) {
  const Json job = JobOf(job_name);
  const std::string name =
      workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"];
  const std::string selector = job["kubernetes_sd_configs"][0]["selectors"][0]["label"];
  EXPECT_NE(selector.find(name), std::string::npos) << selector;
  const std::map<std::string, std::string> expected{
      {std::to_string(engine.flow.port), engine.flow.path}};
  EXPECT_EQ(ScrapedPorts(job, workload), expected) << name;
}

TEST(LogAgents, AreScrapedWhereTheirEngineSaysThatTheyServe) {
  Pipeline pipeline = testing::TenantPipeline("shop");
  pipeline.events = Wanted::kYes;
  for (const Engine& engine : Engines()) {
    for (const SharedPart& part : engine.shared) {
      const Result<Rendered> rendered = part.render({&pipeline, 1}, {});
      ASSERT_TRUE(rendered) << rendered.error().message;
      ExpectScraped("log-agents", engine, rendered->intents.back().object);
    }
    const Result<Rendered> rendered = engine.gateway(pipeline, {});
    ASSERT_TRUE(rendered) << rendered.error().message;
    ExpectScraped("log-gateways", engine, rendered->intents.back().object);
  }
}

// The names themselves are read by promtool, in series with and without each fault.
TEST(LogAgents, HaveRulesOverAllThatFlowIsJudgedBy) {
  std::string rules;
  for (const auto& [name, yaml] : config::EmbeddedRuleFiles()) {
    if (name == "log-flow.yaml") rules = yaml;
  }
  for (const Engine& engine : Engines()) {
    for (const std::string& metric : MeterOf(engine).names) {
      EXPECT_NE(rules.find(metric), std::string::npos) << metric;
    }
  }
}

}  // namespace
}  // namespace belvedere::logpipeline

#include "controllers/logpipeline/otelcol_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/testing/otelcol_pipelines.h"

namespace belvedere::logpipeline::otelcol {
namespace {

namespace fs = std::filesystem;
using testing::PlatformPipeline;
using testing::ShopPipeline;
using testing::TenantPipeline;

std::string ProblemOf(const Pipeline& pipeline) {
  const Status status = Check(pipeline);
  return status ? "" : status.error().message;
}

// Either compares, or writes and passes.
void CheckGolden(const std::string& name, const Result<Model>& model) {
  ASSERT_TRUE(model) << model.error().message;
  const Result<std::string> yaml = ToYaml(*model);
  ASSERT_TRUE(yaml) << yaml.error().message;
  const fs::path path = fs::path(__FILE__).parent_path() / "testdata/otelcol" / name;
  if (std::getenv("BELVEDERE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << *yaml;
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), *yaml) << path << ": set BELVEDERE_UPDATE_GOLDEN=1 to write it anew";
}

TEST(OtelConfig, IsUnchanged) {
  const std::vector<Pipeline> platform{PlatformPipeline()};
  const std::vector<Pipeline> tenants{TenantPipeline("shop"), TenantPipeline("bank")};
  const std::vector<Pipeline> selected{ShopPipeline()};
  CheckGolden("node-platform.yml", NodeAgentModel(platform));
  CheckGolden("node-tenants.yml", NodeAgentModel(tenants));
  CheckGolden("node-selector.yml", NodeAgentModel(selected));
  CheckGolden("gateway-shop.yml", GatewayModel(tenants[0]));
  CheckGolden("gateway-bank.yml", GatewayModel(tenants[1]));
  CheckGolden("gateway-two-outputs.yml", GatewayModel(selected[0]));
  CheckGolden("events.yml", EventReaderModel(platform));
}

// A pipeline of the file, with the file's own settings of what it names.
Json PartOf(const Model& model, const std::string& pipeline) {
  const Result<Json> file = config::ParseYaml(*ToYaml(model));
  return At(*file, "/service/pipelines/logs~1" + pipeline);
}

TEST(OtelConfig, EachRecordHasItsOwnWay) {
  const std::vector<Pipeline> pipelines{PlatformPipeline(), TenantPipeline("shop"),
                                        TenantPipeline("bank")};
  const Result<Model> model = NodeAgentModel(pipelines);
  ASSERT_TRUE(model) << model.error().message;
  std::set<std::string> seen;
  for (const config::otelcol::Pipeline& pipeline : model->pipelines) {
    const std::string owner = pipeline.id.substr(0, pipeline.id.find('-'));
    std::vector<std::string> names = pipeline.processors;
    EXPECT_EQ(names.front(), "memory_limiter");
    names.erase(names.begin());
    names.insert(names.end(), pipeline.receivers.begin(), pipeline.receivers.end());
    names.insert(names.end(), pipeline.exporters.begin(), pipeline.exporters.end());
    for (const std::string& name : names) {
      const std::string id = name.substr(name.find_last_of("/.") + 1);
      EXPECT_EQ(id.substr(0, id.find('-')), owner) << name;
      EXPECT_TRUE(seen.insert(name).second) << name << " is of two pipelines";
    }
  }
  EXPECT_EQ(model->pipelines.size(), 3U);
}

// Names for people; the id, so that no pipeline takes over what another left behind.
TEST(OtelConfig, MetricsNameThePipelineAndItsPart) {
  const Pipeline tenant = TenantPipeline("shop");
  EXPECT_EQ(ExporterId(tenant, tenant.outputs[0]), "otlp_http/shop.logs.store.tshop");
  EXPECT_EQ(GatewayExporterId(tenant), "otlp_grpc/shop.logs.gateway.tshop");
  EXPECT_EQ(NodeAgentModel({&tenant, 1})->receivers[0].id, "shop.logs.containers.tshop");
}

TEST(OtelConfig, ATenantIsFilteredByItsGatewayOnly) {
  const Pipeline tenant = TenantPipeline("shop");
  const Json node = PartOf(*NodeAgentModel({&tenant, 1}), "tshop");
  EXPECT_EQ(node["processors"], Json::array({"memory_limiter"}));
  EXPECT_EQ(node["exporters"], Json::array({GatewayExporterId(tenant)}));
  const Json gateway = PartOf(*GatewayModel(tenant), "tshop");
  EXPECT_EQ(gateway["processors"].size(), 4U);
  EXPECT_EQ(gateway["exporters"], Json::array({ExporterId(tenant, tenant.outputs[0])}));
}

TEST(OtelConfig, OnlyOneTakerMayHaveARecordTwice) {
  const auto retries = [](const Pipeline& pipeline) {
    return NodeAgentModel({&pipeline, 1})->receivers[0].settings["retry_on_failure"]["enabled"];
  };
  Pipeline platform = PlatformPipeline();
  EXPECT_EQ(retries(platform), false);
  platform.outputs.pop_back();
  EXPECT_EQ(retries(platform), true);
  EXPECT_EQ(retries(TenantPipeline("shop")), true);
  EXPECT_EQ(PartOf(*GatewayModel(ShopPipeline()), "tshop")["processors"].back(), "batch");
}

TEST(OtelConfig, BuffersAreOnTheDiskAndBounded) {
  Pipeline tenant = TenantPipeline("shop");
  tenant.buffer = {.bytes_per_output = 12345678, .max_retries = 2};
  for (const Result<Model>& model : {NodeAgentModel({&tenant, 1}), GatewayModel(tenant)}) {
    const Json& settings = model->exporters.front().settings;
    EXPECT_EQ(settings["sending_queue"]["queue_size"], 12345678);
    EXPECT_EQ(settings["sending_queue"]["sizer"], "bytes");
    EXPECT_EQ(settings["sending_queue"]["storage"], "file_storage");
    EXPECT_EQ(settings["retry_on_failure"]["max_elapsed_time"], "12s");  // 5 and 7.5
  }
  tenant.buffer.max_retries = 0;
  EXPECT_EQ(GatewayModel(tenant)->exporters.front().settings["retry_on_failure"],
            (Json{{"enabled", false}}));
}

TEST(OtelConfig, WhatTheCollectorCannotDoIsNamed) {
  EXPECT_EQ(ProblemOf(PlatformPipeline()), "");
  EXPECT_EQ(ProblemOf(ShopPipeline()), "");
  Pipeline pipeline = PlatformPipeline();
  pipeline.filters.emplace_back(Throttle{5000, Per::kNamespace});
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.filters[3].throttle: "));
  pipeline.filters = {Rename{"a", "b.c"}};
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.filters[0].rename.to: "));
  pipeline.filters = {Add{"a.b", "c"}};
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.filters[0].add.field: "));
  pipeline.filters = {Redact{"kubernetes.pod_name", "a", "b"}};
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.filters[0].redact.field: "));
  pipeline.filters.clear();
  pipeline.units = {"kubelet.service"};
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.inputs.nodes.units: "));
  pipeline.units.clear();
  pipeline.buffer.dead_letter_bytes = 1;
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.buffer.deadLetter: "));
  pipeline.buffer.dead_letter_bytes = 0;
  pipeline.outputs = testing::MakeOutputs("[{name: h, http: {url: \"https://h.example\"}}]");
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec.outputs[0].http: "));
  pipeline = PlatformPipeline();
  pipeline.filters = {Drop{"log", "a\nb"}};
  pipeline.outputs.pop_back();
  EXPECT_TRUE(ProblemOf(pipeline).starts_with("spec: ")) << ProblemOf(pipeline);
}

}  // namespace
}  // namespace belvedere::logpipeline::otelcol

#include "controllers/logpipeline/fluentbit_config.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/fluentbit_filters.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

std::vector<Output> Outputs(const std::string& yaml) {
  config::FieldReader::Problems problems;
  const Result<Json> spec = config::ParseYaml("outputs: " + yaml);
  EXPECT_TRUE(spec) << yaml;
  config::FieldReader reader(*spec, "spec", problems);
  std::vector<Output> outputs = ParseOutputs(reader);
  EXPECT_TRUE(problems.empty()) << problems.front();
  return outputs;
}

constexpr Buffer kBuffer{
    .bytes_per_output = 1 << 30, .max_retries = 300, .dead_letter_bytes = 256 << 20};

Pipeline Platform() {
  return {.id = "p0",
          .ns = "belvedere-node",
          .name = "platform",
          .tenant = "platform",
          .containers = Containers{.excluded = {"kube-system"},
                                   .multiline = {Multiline::kJava, Multiline::kGo}},
          .units = {"kubelet.service", "containerd.service"},
          .control_plane = Wanted::kYes,
          .audit = Audit{.paths = {"/var/log/kubernetes/audit/*.log"},
                         .dropped_verbs = {"get", "list"},
                         .dropped_users = {"system:node:*"}},
          .events = Wanted::kYes,
          .filters = {Drop{"log", "GET /(healthz|readyz)"}, Parse{"log", Format::kJson},
                      Redact{"log", "\\b[0-9]{16}\\b", "****"}, Throttle{5000, Per::kNamespace}},
          .outputs = Outputs("[{name: store, stack: {name: main, namespace: monitoring}},"
                             "{name: archive, s3: {bucket: b, region: r-1,"
                             " credentialsRef: {name: archive-s3}}}]"),
          .buffer = kBuffer};
}

Pipeline Tenant(const std::string& id, const std::string& ns) {
  return {.id = id,
          .ns = ns,
          .name = "logs",
          .tenant = "uid-" + ns,
          .containers =
              Containers{.namespaces = {ns}, .selector = {.match_labels = {{"app", "checkout"}}}},
          .outputs = Outputs("[{name: splunk, splunk: {host: s." + ns +
                             ".example, tokenRef: {name: " + ns + "-splunk, key: token}}}]"),
          .buffer = kBuffer,
          .gateway = "logs-gateway." + ns + ".svc"};
}

std::string TextOf(const Section& section, const std::string& key) {
  for (const config::fluentbit::Property& property : section.properties) {
    const auto* text = std::get_if<config::fluentbit::Text>(&property.value);
    if (property.key == key && text != nullptr) return text->literal;
  }
  return "";
}

// Fluent Bit's rule for `match`: * stands for any text.
bool Matches(std::string_view pattern, std::string_view tag) {
  const std::size_t star = pattern.find('*');
  return star == std::string_view::npos ? pattern == tag : tag.starts_with(pattern.substr(0, star));
}

// Names of the sections that records with `tag` go through.
std::vector<const Section*> Route(const std::vector<Section>& sections, const std::string& tag) {
  std::vector<const Section*> route;
  for (const Section& section : sections) {
    if (Matches(TextOf(section, "match"), tag)) route.push_back(&section);
  }
  return route;
}

TEST(FluentBitConfig, OfTheExamplesIsAccepted) {
  EXPECT_TRUE(Check(Platform())) << Check(Platform()).error().message;
  EXPECT_TRUE(Check(Tenant("t1", "shop"))) << Check(Tenant("t1", "shop")).error().message;

  const Result<Model> model = NodeAgentModel(std::vector{Platform(), Tenant("t1", "shop")});
  ASSERT_TRUE(model);
  const Result<std::string> yaml = ToYaml(*model);
  ASSERT_TRUE(yaml) << yaml.error().message;
  const Result<Json> file = config::ParseYaml(*yaml);
  ASSERT_TRUE(file);
  EXPECT_EQ(At(*file, "/service/hot_reload"), "on");
  EXPECT_EQ(At(*file, "/pipeline/inputs").size(), 6U);
  EXPECT_EQ(At(*file, "/pipeline/outputs").size(), 3U);
}

TEST(FluentBitConfig, EachRecordHasItsOwnWay) {
  const std::vector<Pipeline> pipelines{Platform(), Tenant("t1", "shop"), Tenant("t10", "bank")};
  const Result<Model> model = NodeAgentModel(pipelines);
  ASSERT_TRUE(model);
  for (const Section& input : model->inputs) {
    std::string tag = TextOf(input, "tag");
    if (tag.ends_with('*')) tag.replace(tag.size() - 1, 1, "var.log.containers.x");
    const std::string owner = tag.substr(0, tag.find('.') + 1);
    for (const auto* sections : {&model->filters, &model->outputs}) {
      const std::vector<const Section*> route = Route(*sections, tag);
      for (const Section* section : route) {
        EXPECT_TRUE(TextOf(*section, "match").starts_with(owner)) << tag;
      }
    }
    EXPECT_EQ(Route(model->outputs, tag).size(), owner == "p0." ? 2U : 1U) << tag;
  }
}

TEST(FluentBitConfig, ATenantReadsTheFilesOfItsNamespaceOnly) {
  const Result<Model> model = NodeAgentModel(std::vector{Tenant("t1", "shop")});
  ASSERT_TRUE(model);
  ASSERT_EQ(model->inputs.size(), 1U);
  EXPECT_EQ(TextOf(model->inputs[0], "path"), "/var/log/containers/*_shop_*.log");
  EXPECT_EQ(TextOf(model->inputs[0], "storage.type"), "filesystem");
}

TEST(FluentBitConfig, SecretsOfATenantAreInItsGatewayOnly) {
  const Result<Model> node = NodeAgentModel(std::vector{Tenant("t1", "shop")});
  const Result<Model> gateway = GatewayModel(Tenant("t1", "shop"));
  ASSERT_TRUE(node && gateway);
  EXPECT_EQ(ToYaml(*node)->find("shop-splunk"), std::string::npos);
  EXPECT_NE(ToYaml(*gateway)->find("file:///etc/belvedere/secrets/shop-splunk/token"),
            std::string::npos);
}

TEST(FluentBitConfig, WhatTenantsFilterStaysInTheirGateways) {
  std::mt19937 random(7);
  const auto field = [&] { return std::string(1, static_cast<char>('a' + random() % 26)); };
  std::vector<Pipeline> tenants{Tenant("t1", "shop"), Tenant("t10", "bank")};
  for (int i = 0; i < 1000; ++i) {
    std::vector<Filter>& filters = tenants[random() % 2].filters;
    switch (random() % 6) {
      case 0:
        filters.push_back(Drop{field(), ".*|kubernetes"});
        break;
      case 1:
        filters.push_back(Keep{field(), "[OUTPUT] match *"});
        break;
      case 2:
        filters.push_back(Rename{field(), "kubernetes"});
        break;
      case 3:
        filters.push_back(Add{field(), "\" * t10.*"});
        break;
      case 4:
        filters.push_back(Parse{field(), Format::kRegex, "(?<tag>.*)"});
        break;
      default:
        filters.push_back(Redact{field(), field(), "match: t1.*"});
        break;
    }
  }
  for (const Pipeline& tenant : tenants) {
    const Result<Model> gateway = GatewayModel(tenant);
    ASSERT_TRUE(gateway) << gateway.error().message;
    ASSERT_TRUE(ToYaml(*gateway));
    for (const auto* sections : {&gateway->filters, &gateway->outputs}) {
      for (const Section& section : *sections) {
        EXPECT_EQ(TextOf(section, "match"), tenant.id + ".*");
      }
    }
  }
  Pipeline bare_shop = Tenant("t1", "shop");
  Pipeline bare_bank = Tenant("t10", "bank");
  EXPECT_EQ(*NodeAgentModel(tenants), *NodeAgentModel(std::vector{bare_shop, bare_bank}));
}

TEST(FluentBitConfig, WhatAnEngineCannotDoIsNamedByItsField) {
  Pipeline pipeline = Tenant("t1", "shop");
  pipeline.filters = {Drop{"log", "a"}, Redact{"log", "(a|b)c", "x"}};
  EXPECT_EQ(
      Check(pipeline).error().message,
      "spec.filters[1].redact.regex: Fluent Bit cannot redact by it: groups are not supported");
  pipeline.filters = {Keep{"a.user-agent", "a"}};
  EXPECT_TRUE(Check(pipeline));
  pipeline.filters = {Keep{"user-agent", "a"}};
  EXPECT_TRUE(
      Check(pipeline).error().message.starts_with("spec.filters[0].keep.field: Fluent Bit"));

  pipeline = Tenant("t1", "shop");
  pipeline.outputs = Outputs("[{name: s, sumologic: {endpointRef: {name: s, key: url}}}]");
  EXPECT_TRUE(
      Check(pipeline).error().message.starts_with("spec.outputs[0].sumologic.endpointRef:"));
}

TEST(FluentBitConfig, StringsOfFiltersCannotLeaveTheirValue) {
  const std::string payloads[] = {"a\n[OUTPUT]\n Name exec", "${SECRET_1}", "a\rb", "\x01"};
  for (const std::string& payload : payloads) {
    for (const Filter& filter : std::initializer_list<Filter>{
             Drop{"log", payload}, Drop{payload, "a"}, Keep{"log", payload},
             Parse{payload, Format::kJson}, Parse{"log", Format::kRegex, payload},
             Rename{payload, "b"}, Rename{"b", payload}, Add{payload, "b"}, Add{"b", payload}}) {
      Pipeline pipeline = Tenant("t1", "shop");
      pipeline.filters = {filter};
      EXPECT_FALSE(Check(pipeline)) << payload << " in filter " << filter.index();
    }
    // In a program they are bytes of a literal, whatever they are.
    Pipeline pipeline = Tenant("t1", "shop");
    pipeline.filters = {Redact{payload, "a", payload}};
    const Result<Model> model = GatewayModel(pipeline);
    ASSERT_TRUE(model);
    EXPECT_EQ(ToYaml(*model)->find(payload), std::string::npos);
  }
}

TEST(FluentBitConfig, LinesCannotClaimToBeOfAnotherPod) {
  Pipeline pipeline = Tenant("t1", "shop");
  pipeline.filters = {Parse{"log", Format::kJson}};
  const Result<Model> model = GatewayModel(pipeline);
  ASSERT_TRUE(model);
  ASSERT_EQ(model->filters.size(), 4U);
  const char* plugins[] = {"modify", "parser", "modify", "modify"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(model->filters[i].name, plugins[i]);
  const auto rule = [&](std::size_t i) {
    return std::get<std::vector<config::fluentbit::Text>>(
               model->filters[i].properties.back().value)[0]
        .literal;
  };
  EXPECT_EQ(rule(0), "kubernetes kubernetes_t1");
  EXPECT_EQ(rule(2), "kubernetes");
  EXPECT_EQ(rule(3), "kubernetes_t1 kubernetes");
}

}  // namespace
}  // namespace belvedere::logpipeline::fluentbit

#include "controllers/logpipeline/fluentbit_workload.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

Json Spec(Place place) {
  Json spec = Json::object();
  AddFluentBit({.place = place,
                .image = "fluent-bit:1",
                .agent_image = "belvedere:1",
                .config = {.mount = kConfigMount, .config_map = "c", .data = {{kConfigKey, "x"}}},
                .secrets = {{"aws", "credentials"}},
                .aws_credentials = SecretKey{"aws", "credentials"}},
               spec);
  return spec;
}

TEST(FluentBitWorkload, IsCheckedAndReloadedByACount) {
  const Json spec = Spec(Place::kGateway);
  ASSERT_EQ(spec["initContainers"].size(), 2U);
  EXPECT_EQ(spec["initContainers"][0]["args"][0], "--dry-run");
  const Json& args = spec["initContainers"][1]["args"];
  EXPECT_NE(std::find(args.begin(), args.end(), "http://127.0.0.1:2020/api/v2/reload"), args.end());
  EXPECT_EQ(args[args.size() - 2], "--proof-counter");
  EXPECT_EQ(args[args.size() - 1], "hot_reload_count");
  EXPECT_EQ(spec["containers"][0]["env"][0]["value"], "/etc/belvedere/secrets/aws/credentials");
}

TEST(FluentBitWorkload, OnlyNodesReadTheHostAndNobodyWritesThere) {
  const Json gateway = Spec(Place::kGateway);
  EXPECT_EQ(Dump(gateway).find("hostPath"), std::string::npos);
  EXPECT_EQ(Dump(gateway).find("DAC_READ_SEARCH"), std::string::npos);
  const Json node = Spec(Place::kNode);
  for (const Json& mount : node["containers"][0]["volumeMounts"]) {
    if (mount["name"] == "logs") {
      EXPECT_EQ(mount["readOnly"], true);
    }
  }
  EXPECT_EQ(node["containers"][0]["securityContext"]["capabilities"],
            (Json{{"drop", {"ALL"}}, {"add", {"DAC_READ_SEARCH"}}}));
}

TEST(FluentBitWorkload, OnePodHasOneSecretOfAws) {
  config::FieldReader::Problems problems;
  const Result<Json> spec = config::ParseYaml(
      "outputs: [{name: a, s3: {bucket: b, region: r, credentialsRef: {name: x}}},"
      " {name: b, cloudwatch: {region: r, logGroup: g, credentialsRef: {name: y}}}]");
  config::FieldReader reader(*spec, "spec", problems);
  const std::vector<Output> outputs = ParseOutputs(reader);
  ASSERT_EQ(outputs.size(), 2U);
  const auto both = SharedAwsCredentials(outputs);
  ASSERT_FALSE(both);
  EXPECT_TRUE(both.error().message.starts_with(
      "spec.outputs: the credentialsRef of b is Secret y and that of a is Secret x, but "));
  EXPECT_EQ(*SharedAwsCredentials({outputs.data(), 1}), (SecretKey{"x", "credentials"}));
}

}  // namespace
}  // namespace belvedere::logpipeline::fluentbit

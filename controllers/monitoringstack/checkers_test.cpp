#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// The operands' own checkers on what we render for them. hack/test names the programs in
// BELVEDERE_PROMTOOL, BELVEDERE_AMTOOL and BELVEDERE_LOKI.
namespace belvedere::monitoringstack {
namespace {

namespace fs = std::filesystem;

class Checkers : public ::testing::TestWithParam<std::string> {
 protected:
  // Writes what the ConfigMaps of the stack hold, each mount in the folder of its name.
  void WriteFiles() {
    std::ofstream(folder_.path() / "token");
    std::ofstream(folder_.path() / "ca.crt");
    const auto stack = testing::MakeStack("ns", "s", GetParam());
    for (const runtime::Intent& intent : testing::PlanOf(stack).intents) {
      if (intent.type != kube::types::kConfigMap) continue;
      for (const auto& [key, value] : intent.object["data"].items()) {
        const bool is_rule = key.ends_with(".yaml");
        const fs::path folder = folder_.path() / (is_rule ? "rules-0" : "config");
        fs::create_directories(folder);
        std::ofstream(folder / key) << AtHome(value.get<std::string>());
      }
    }
  }

  std::string AtHome(const std::string& text) const {
    const std::string here = folder_.path().string();
    return Replaced(Replaced(text, "/etc/belvedere/active/current", here),
                    "/var/run/secrets/kubernetes.io/serviceaccount", here);
  }

  std::string File(const std::string& name) const { return (folder_.path() / name).string(); }

 private:
  const TemporaryDir folder_;
};

TEST_P(Checkers, PromtoolAcceptsConfigAndRules) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  WriteFiles();
  const Ran ran =
      RunCommand(std::string(promtool) + " check config --syntax-only --lint=all --lint-fatal " +
                 File("config/prometheus.yml"));
  EXPECT_EQ(ran.status, 0) << ran.output;
  const Ran rules = RunCommand(std::string(promtool) + " check rules --lint=all --lint-fatal " +
                               File("rules-0") + "/*.yaml");
  EXPECT_EQ(rules.status, 0) << rules.output;
}

TEST_P(Checkers, AmtoolAcceptsConfig) {
  const char* amtool = std::getenv("BELVEDERE_AMTOOL");
  if (amtool == nullptr) GTEST_SKIP() << "BELVEDERE_AMTOOL names no amtool";
  WriteFiles();
  const Ran ran =
      RunCommand(std::string(amtool) + " check-config " + File("config/alertmanager.yml"));
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST_P(Checkers, LokiAcceptsConfig) {
  const char* loki = std::getenv("BELVEDERE_LOKI");
  if (loki == nullptr) GTEST_SKIP() << "BELVEDERE_LOKI names no Loki";
  WriteFiles();
  if (!fs::exists(File("config/loki.yml"))) return;  // a stack without logs
  const Ran ran =
      RunCommand("POD_IP=10.0.0.1 S3_BUCKET=b S3_REGION=r " + std::string(loki) +
                 " -config.expand-env=true -verify-config -config.file=" + File("config/loki.yml"));
  EXPECT_EQ(ran.status, 0) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(
    Specs, Checkers,
    ::testing::Values(
        "{}", "targets: {kubernetes: {controlPlane: {state: Enabled}}}", "profile: Demo",
        "profile: Large", "logs: {}", "{profile: Large, logs: {objectStorageRef: {name: b}}}",
        "{cluster: {name: a b, region: '1e3', environment: 'true'}, externalLabels: {x: '07:30'}}",
        "{targets: {applications: {namespaceSelector: {matchLabels: {a.b/c: d.e}, "
        "matchExpressions: [{key: f, operator: NotIn, values: [g, '']}, {key: h, operator: "
        "DoesNotExist}]}}}, metrics: {limits: {sampleLimit: 1, labelLimit: 2, targetLimit: 3}, "
        "outOfOrderWindow: 1h, retention: {time: 400d, size: 3GB}, scrapeInterval: 5s}}",
        "{targets: {nodes: {state: Disabled}, containers: {state: Disabled}, applications: "
        "{annotations: {state: Disabled}}, kubernetes: {objects: {state: Disabled}, controlPlane: "
        "{state: Disabled}}}}"));

}  // namespace
}  // namespace belvedere::monitoringstack

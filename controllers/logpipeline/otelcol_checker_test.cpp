#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/logpipeline/testing/otelcol_pipelines.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

// The collector's own check on what we render for it. hack/test names the program in
// BELVEDERE_OTELCOL.
namespace belvedere::logpipeline::otelcol {
namespace {

namespace fs = std::filesystem;

// A folder with what a pod has: Secrets and a place for state.
class Pod {
 public:
  // What the collector says of the file; empty: it accepts it.
  std::string Problem(const std::string& collector, std::string yaml) const {
    yaml = Replaced(std::move(yaml), kStateDir, path() / "state");
    yaml = Replaced(std::move(yaml), kSecretsDir, path() / "secrets");
    std::ofstream(path() / "config.yaml") << yaml;
    const Ran ran = RunCommand("K8S_NODE_NAME=n " + collector +
                               " validate --config=" + (path() / "config.yaml").string());
    return ran.status == 0 ? "" : ran.output;
  }

  void AddSecrets(const Pipeline& pipeline) const {
    for (const Output& output : pipeline.outputs) {
      for (const SecretKey& key : output.Secrets()) {
        fs::create_directories(path() / "secrets" / key.secret);
        // Any text but that an address must be one.
        std::ofstream(path() / "secrets" / key.secret / key.key) << "https://secret.example/x";
      }
    }
  }

 private:
  const fs::path& path() const { return dir_.path(); }

  const TemporaryDir dir_;
};

std::string Collector() {
  const char* path = std::getenv("BELVEDERE_OTELCOL");
  return path == nullptr ? "" : path;
}

TEST(OtelChecker, AcceptsTheGoldens) {
  if (Collector().empty()) GTEST_SKIP() << "BELVEDERE_OTELCOL names no collector";
  const Pod pod;
  Pipeline shop = testing::ShopPipeline();
  pod.AddSecrets(shop);
  int checked = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(__FILE__).parent_path() / "testdata/otelcol")) {
    // The collector of the tests has no exporter for Datadog.
    if (entry.path().filename() == "gateway-two-outputs.yml") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    EXPECT_EQ(pod.Problem(Collector(), text.str()), "") << entry.path();
    ++checked;
  }
  EXPECT_EQ(checked, 6);
}

TEST(OtelChecker, SeesWhatIsWrong) {
  if (Collector().empty()) GTEST_SKIP() << "BELVEDERE_OTELCOL names no collector";
  Pipeline pipeline = testing::TenantPipeline("shop");
  pipeline.filters = {Drop{"log", "(unclosed"}};
  EXPECT_NE(Pod().Problem(Collector(), *ToYaml(*GatewayModel(pipeline))), "");
}

TEST(OtelChecker, AcceptsFewRetriesAndMany) {
  if (Collector().empty()) GTEST_SKIP() << "BELVEDERE_OTELCOL names no collector";
  Pipeline pipeline = testing::TenantPipeline("shop");
  for (const std::int64_t retries : {1, 2, 5, 6, 7, 300, 10000}) {
    pipeline.buffer.max_retries = retries;
    EXPECT_EQ(Pod().Problem(Collector(), *ToYaml(*GatewayModel(pipeline))), "") << retries;
  }
}

struct Case {
  const char* name;
  const char* outputs;
};

class OutputChecker : public ::testing::TestWithParam<Case> {};

TEST_P(OutputChecker, AcceptsItWithEveryFilter) {
  if (Collector().empty()) GTEST_SKIP() << "BELVEDERE_OTELCOL names no collector";
  Pipeline pipeline = testing::TenantPipeline("shop");
  pipeline.filters = testing::EveryFilter();
  pipeline.outputs = testing::MakeOutputs(GetParam().outputs);
  const std::string exporter = ExporterId(pipeline, pipeline.outputs.front());
  const std::string type = exporter.substr(0, exporter.find('/'));
  const Ran components = RunCommand(Collector() + " components");
  if (components.output.find("name: " + type + "\n") == std::string::npos) {
    GTEST_SKIP() << "the collector of the tests is built without " << type;
  }
  const Result<Model> model = GatewayModel(pipeline);
  ASSERT_TRUE(model) << model.error().message;
  const Pod pod;
  pod.AddSecrets(pipeline);
  EXPECT_EQ(pod.Problem(Collector(), *ToYaml(*model)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OutputChecker,
    ::testing::Values(
        Case{"stack", "[{name: a, stack: {name: main, namespace: monitoring}}]"},
        Case{"loki",
             "[{name: a, loki: {url: 'https://l.example:3100', tenantID: t, tls: SkipVerify,"
             " usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}}}]"},
        Case{"lokiToken",
             "[{name: a, loki: {url: 'https://l.example', bearerTokenRef: {name: s,"
             " key: t}}}]"},
        Case{"elasticsearch",
             "[{name: a, elasticsearch: {hosts: ['https://e.example'], index: i,"
             " apiKeyRef: {name: s, key: k}}}]"},
        Case{"opensearch",
             "[{name: a, opensearch: {url: 'https://o.example', index: i,"
             " usernameRef: {name: s, key: u}, passwordRef: {name: s, key: p}}}]"},
        Case{"otlp", "[{name: a, otlp: {url: 'https://o.example', headers: {X-A: b}}}]"},
        Case{"otlpGrpc",
             "[{name: a, otlp: {url: 'http://o.example:4317', protocol: GRPC,"
             " bearerTokenRef: {name: s, key: t}}}]"},
        Case{"s3",
             "[{name: a, s3: {bucket: bkt, region: r-1, prefix: a/b, storageClass: GLACIER_IR,"
             " endpoint: 'https://m.example', credentialsRef: {name: aws}}}]"},
        Case{"kafka",
             "[{name: a, kafka: {brokers: ['k.example:9092'], topic: t, mechanism: PLAIN,"
             " tls: SkipVerify, usernameRef: {name: s, key: u}, passwordRef: {name: s, key:"
             " p}}}]"},
        Case{"splunk",
             "[{name: a, splunk: {host: s.example, tokenRef: {name: s, key: t}, index: i,"
             " source: src, sourcetype: st, tls: 'Off'}}]"},
        Case{"datadog",
             "[{name: a, datadog: {apiKeyRef: {name: s, key: k}, service: s, source: x,"
             " tags: ['a:b']}}]"},
        Case{"sumologic", "[{name: a, sumologic: {endpointRef: {name: s, key: u}}}]"},
        Case{"cloudwatch",
             "[{name: a, cloudwatch: {region: r-1, logGroup: /g, retentionDays: 7,"
             " credentialsRef: {name: aws}}}]"},
        Case{"syslog", "[{name: a, syslog: {host: s.example, port: 6514}}]"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace belvedere::logpipeline::otelcol

#include "operator/cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/testing/temporary_dir.h"
#include "operator/cli/command.h"
#include "operator/cli/manifests.h"

namespace belvedere::cli {
namespace {

using testing::HasSubstr;

class CliTest : public testing::Test {
 protected:
  int Belvedere(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "belvedere");
    out_.str("");
    err_.str("");
    return cli::Run(static_cast<int>(arguments.size()), arguments.data(), {in_, out_, err_});
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

class EachCommand : public CliTest, public testing::WithParamInterface<const char*> {};

TEST_P(EachCommand, HasHelp) {
  EXPECT_EQ(Belvedere({GetParam(), "--help"}), kOk);
  EXPECT_THAT(out(), HasSubstr("--help"));
  EXPECT_EQ(err(), "");
}

TEST_P(EachCommand, RefusesAnUnknownFlag) {
  EXPECT_EQ(Belvedere({GetParam(), "--no-such-flag"}), kUsage);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr(std::string("belvedere ") + GetParam() + " --help"));
}

INSTANTIATE_TEST_SUITE_P(Commands, EachCommand,
                         testing::Values("operator", "agent", "render", "diff", "lint",
                                         "dashboards", "completion", "version"));

TEST_F(CliTest, HelpListsTheCommands) {
  EXPECT_EQ(Belvedere({"--help"}), kOk);
  EXPECT_THAT(out(), HasSubstr("agent"));
  EXPECT_THAT(out(), HasSubstr("Exit codes"));
}

TEST_F(CliTest, NoCommandIsWrongUsage) {
  EXPECT_EQ(Belvedere({}), kUsage);
  EXPECT_THAT(err(), HasSubstr("belvedere --help"));
  EXPECT_EQ(Belvedere({"dance"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("'dance' is not a command"));
}

TEST_F(CliTest, VersionTellsWhatWasBuilt) {
  EXPECT_EQ(Belvedere({"version", "-o", "json"}), kOk);
  const Json version = ParseJson(out()).value();
  EXPECT_THAT(StringAt(version, "/version"), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_NE(StringAt(version, "/commit"), "");
  EXPECT_THAT(StringAt(version, "/compiler"), testing::AnyOf(HasSubstr("gcc"), HasSubstr("clang")));
  EXPECT_EQ(Belvedere({"version"}), kOk);
  EXPECT_THAT(out(), HasSubstr("belvedere " + StringAt(version, "/version")));
}

TEST_F(CliTest, CompletionKnowsEachCommandAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Belvedere({"completion", shell}), kOk) << err();
    EXPECT_THAT(out(), HasSubstr("agent"));
    EXPECT_THAT(out(), HasSubstr("reload-url"));
  }
  EXPECT_EQ(Belvedere({"completion", "tcsh"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("tcsh"));
}

TEST_F(CliTest, BashTakesItsCompletion) {
  ASSERT_EQ(Belvedere({"completion", "bash"}), kOk);
  const std::string script = out() +
                             "COMP_WORDS=(belvedere agent --rel); COMP_CWORD=2; _belvedere; "
                             "test \"${COMPREPLY[*]}\" = '--reload-url --reload-timeout'";
  setenv("BELVEDERE_TEST_SCRIPT", script.c_str(), 1);
  EXPECT_EQ(std::system("bash -c \"$BELVEDERE_TEST_SCRIPT\""), 0);
  unsetenv("BELVEDERE_TEST_SCRIPT");
}

TEST_F(CliTest, AgentNamesTheFlagThatIsMissing) {
  EXPECT_EQ(
      Belvedere({"agent", "--active", "/a", "--reload-url", "http://x", "--ready-url", "http://x"}),
      kUsage);
  EXPECT_THAT(err(), HasSubstr("--source"));
}

TEST_F(CliTest, AgentRefusesWhatIsNoUrlAndNoAddress) {
  EXPECT_EQ(Belvedere({"agent", "--source", "/s", "--active", "/a", "--reload-url", "localhost:1",
                       "--ready-url", "http://x"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--reload-url: localhost:1"));
  EXPECT_EQ(Belvedere({"agent", "--source", "/s", "--active", "/a", "--reload-url", "http://x",
                       "--ready-url", "http://x", "--listen", "8081"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--listen: '8081'"));
}

TEST_F(CliTest, FlagsComeFromTheEnvironmentToo) {
  setenv("BELVEDERE_AGENT_SOURCE", "/s", 1);
  setenv("BELVEDERE_AGENT_POLL", "soon", 1);
  EXPECT_EQ(Belvedere({"agent", "--active", "/a", "--reload-url", "x", "--ready-url", "y"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("soon"));
  unsetenv("BELVEDERE_AGENT_POLL");
  EXPECT_EQ(Belvedere({"agent", "--active", "/a", "--reload-url", "x", "--ready-url", "y"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--reload-url"));
  unsetenv("BELVEDERE_AGENT_SOURCE");
}

constexpr const char* kStack =
    "apiVersion: belvedere.dev/v1alpha1\nkind: MonitoringStack\nmetadata: {name: main}\n";

TEST_F(CliTest, RenderPrintsEveryObjectWithoutACluster) {
  in_.str(std::string(kStack) + "spec: {}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-", "-n", "monitoring", "-o", "json"}), kOk) << err();
  const Json list = ParseJson(out()).value();
  EXPECT_EQ(StringAt(list, "/kind"), "List");
  EXPECT_GT(At(list, "/items").size(), 10U);
  for (const Json& object : list["items"]) {
    EXPECT_FALSE(object["metadata"].contains("ownerReferences"));
    EXPECT_EQ(object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "belvedere");
    EXPECT_EQ(object["metadata"]["labels"]["belvedere.dev/owner-namespace"], "monitoring");
    EXPECT_FALSE(object["metadata"]["labels"].contains("belvedere.dev/owner-uid"));
  }
}

TEST_F(CliTest, RenderKnowsEveryKindWhateverTheOrder) {
  in_.str(std::string("apiVersion: belvedere.dev/v1alpha1\nkind: LogPipeline\n"
                      "metadata: {name: web, namespace: shop}\n"
                      "spec: {inputs: {containers: {}}, outputs: [{name: o, stack: {name: main, "
                      "namespace: monitoring}}]}\n"
                      "---\n") +
          kStack + "spec: {}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-", "-n", "monitoring"}), kOk) << err();
  EXPECT_THAT(out(), HasSubstr("name: prometheus-main\n"));
  EXPECT_THAT(out(), HasSubstr("name: log-gateway-web\n"));
  EXPECT_THAT(out(), HasSubstr("kind: DaemonSet"));
}

TEST_F(CliTest, RenderTakesPoliciesOfNamespacesByTheirLabels) {
  const std::string input =
      std::string(kStack) +
      "spec: {policies: {namespaceSelector: {matchLabels: {alerts: 'yes'}}}}\n"
      "---\napiVersion: belvedere.dev/v1alpha1\nkind: AlertPolicy\n"
      "metadata: {name: web, namespace: shop}\n"
      "spec: {stack: {name: main, namespace: monitoring}, owner: o, system: s, "
      "runbook: 'https://runbooks.example/s', "
      "monitors: [{name: queue, threshold: {value: shop_orders_waiting, above: '5'}}]}\n";
  in_.str(input);
  ASSERT_EQ(Belvedere({"render", "-f", "-", "-n", "monitoring"}), kOk) << err();
  EXPECT_THAT(out(), testing::Not(HasSubstr("shop_orders_waiting")));
  in_.clear();
  in_.str(input +
          "---\napiVersion: v1\nkind: Namespace\n"
          "metadata: {name: shop, labels: {alerts: 'yes'}}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-", "-n", "monitoring"}), kOk) << err();
  EXPECT_THAT(out(), HasSubstr("shop_orders_waiting{namespace="));
}

std::set<std::string> FilesIn(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

TEST_F(CliTest, DashboardsAreWrittenAsFiles) {
  const TemporaryDir folder;
  const std::string out_folder = (folder.path() / "made").string();
  ASSERT_EQ(Belvedere({"dashboards", "--directory", out_folder.c_str(), "belvedere-nodes"}), kOk)
      << err();
  EXPECT_EQ(FilesIn(out_folder), std::set<std::string>{"belvedere-nodes.json"});
  ASSERT_EQ(Belvedere({"dashboards", "--directory", out_folder.c_str()}), kOk) << err();
  EXPECT_GT(FilesIn(out_folder).size(), 10U);
  std::ifstream file(out_folder + "/belvedere-nodes.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(StringAt(ParseJson(text.str()).value(), "/uid"), "belvedere-nodes");
}

TEST_F(CliTest, DashboardsNameWhatIsWrong) {
  EXPECT_EQ(Belvedere({"dashboards", "--directory", "/nonexistent", "nodes"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("no dashboard has the UID 'nodes'; there are: belvedere-cluster"));
  EXPECT_EQ(Belvedere({"dashboards", "--directory", "/dev/null/x"}), kFailure);
  EXPECT_THAT(err(), HasSubstr("--directory: /dev/null/x: "));
}

TEST_F(CliTest, RenderIsTheSameInYaml) {
  in_.str(std::string(kStack) + "spec: {}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-", "-o", "json"}), kOk) << err();
  const Json list = ParseJson(out()).value();
  in_.clear();
  in_.str(std::string(kStack) + "spec: {}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-"}), kOk) << err();
  const auto manifests = ParseManifests(out(), "output").value();
  Json::array_t objects;
  for (const Manifest& manifest : manifests) objects.push_back(manifest.object);
  EXPECT_EQ(Json(objects), list["items"]);
}

TEST_F(CliTest, RenderTakesImagesFromTheEnvironment) {
  setenv("BELVEDERE_IMAGE_REGISTRY", "registry.local/mirror", 1);
  in_.str(std::string(kStack) + "spec: {}\n");
  ASSERT_EQ(Belvedere({"render", "-f", "-"}), kOk) << err();
  unsetenv("BELVEDERE_IMAGE_REGISTRY");
  EXPECT_THAT(out(), HasSubstr("registry.local/mirror/prometheus/prometheus"));
  EXPECT_THAT(out(), testing::Not(HasSubstr("quay.io")));
}

TEST_F(CliTest, RenderNamesTheFieldThatIsWrong) {
  in_.str(std::string(kStack) + "spec: {metrics: {replicas: -1}}\n");
  EXPECT_EQ(Belvedere({"render", "-f", "-"}), kFailure);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("MonitoringStack default/main: InvalidSpec"));
  EXPECT_THAT(err(), HasSubstr("metrics.replicas"));
}

TEST_F(CliTest, RenderNeedsAStack) {
  in_.str("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
  EXPECT_EQ(Belvedere({"render", "-f", "-"}), kFailure);
  EXPECT_THAT(err(), HasSubstr("no MonitoringStack"));
  in_.clear();
  in_.str(kStack);
  EXPECT_EQ(Belvedere({"render", "-f", "-"}), kFailure);
  EXPECT_THAT(err(), HasSubstr("standard input: spec: is missing"));
  in_.clear();
  in_.str("apiVersion: belvedere.dev/v9\nkind: MonitoringStack\nmetadata: {name: x}\n");
  EXPECT_EQ(Belvedere({"render", "-f", "-"}), kFailure);
  EXPECT_THAT(err(), HasSubstr("write belvedere.dev/v1alpha1"));
}

TEST_F(CliTest, DiffExitsWithTwoOnErrors) {
  in_.str(std::string(kStack) + "spec: {}\n");
  EXPECT_EQ(Belvedere({"diff", "-f", "-", "--kubeconfig", "/nonexistent/config"}), 2);
  EXPECT_THAT(err(), HasSubstr("/nonexistent/config"));
  EXPECT_EQ(out(), "");
}

TEST_F(CliTest, OperatorRefusesTimesThatCannotWork) {
  EXPECT_EQ(Belvedere({"operator", "--lease-duration", "5s"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("--lease-duration: must be longer than --renew-deadline"));
  EXPECT_EQ(Belvedere({"operator", "--retry-period", "9s"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("--renew-deadline"));
  EXPECT_EQ(Belvedere({"operator", "--metrics-tls-cert", "x"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("--metrics-tls-key"));
  EXPECT_EQ(Belvedere({"operator", "--workers", "0"}), kUsage);
  EXPECT_EQ(Belvedere({"operator", "--kubeconfig", "/nonexistent/config"}), kFailure);
}

TEST(ParseListenAddressTest, TakesHostAndPort) {
  EXPECT_EQ(ParseListenAddress(":8081")->host, "0.0.0.0");
  EXPECT_EQ(ParseListenAddress(":8081")->port, 8081);
  EXPECT_EQ(ParseListenAddress("127.0.0.1:0")->host, "127.0.0.1");
  EXPECT_EQ(ParseListenAddress("[::1]:80")->host, "::1");
  for (const char* wrong : {"", "8081", ":", ":x", ":70000", ":-1"}) {
    EXPECT_FALSE(ParseListenAddress(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace belvedere::cli

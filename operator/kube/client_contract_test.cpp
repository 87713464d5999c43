#include "operator/kube/testing/client_contract.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/metrics.h"
#include "operator/http/cpprest_transport.h"
#include "operator/kube/config.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::kube {
namespace {

constexpr const char* kKubeconfigVariable = "BELVEDERE_TEST_KUBECONFIG";

std::string NameOf(const ::testing::TestParamInfo<ContractCase>& info) { return info.param.name; }

class FakeContractTest : public ::testing::TestWithParam<ContractCase> {};

TEST_P(FakeContractTest, Keeps) {
  static constexpr ResourceType kCustom{"contract.belvedere.dev/v1/Thing/things"};
  FakeApiServer fake;
  fake.Register(kCustom);
  Metrics metrics;
  const std::unique_ptr<Client> client = MakeRestClient(fake, RealClock(), metrics);
  ContractServer server{*client, fake, "contract", kCustom};
  GetParam().run(server);
}

INSTANTIATE_TEST_SUITE_P(Client, FakeContractTest, ::testing::ValuesIn(ContractCases()), NameOf);

constexpr ResourceType kCustomResourceDefinition{
    "apiextensions.k8s.io/v1/CustomResourceDefinition/customresourcedefinitions", Scope::kCluster};

// Unique on the server, so that runs do not meet.
std::string UniqueWord() {
  std::random_device random;
  return "contract-" + std::to_string(random());
}

Json DefinitionOf(const ResourceType& type) {
  const Json any{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  const Json schema{{"type", "object"}, {"properties", {{"spec", any}, {"status", any}}}};
  const Json version{{"name", std::string(type.version())},
                     {"served", true},
                     {"storage", true},
                     {"subresources", {{"status", Json::object()}}},
                     {"schema", {{"openAPIV3Schema", schema}}}};
  return {{"metadata", {{"name", std::string(type.plural()) + "." + std::string(type.group())}}},
          {"spec",
           {{"group", std::string(type.group())},
            {"scope", "Namespaced"},
            {"names",
             {{"plural", std::string(type.plural())},
              {"singular", "thing"},
              {"kind", std::string(type.kind())}}},
            {"versions", Json::array({version})}}}};
}

// The API server that the kubeconfig names, with a namespace and a custom kind of our own on it for
// as long as this lives.
class RealServer {
 public:
  explicit RealServer(Config config)
      : word_(UniqueWord()),
        custom_(word_ + ".belvedere.dev/v1/Thing/things"),
        credentials_(std::move(config.credentials)) {
    http::InitTransports();
    transport_ = http::MakeCpprestTransport({.base_url = config.server,
                                             .server_name = config.server_name,
                                             .user_agent = "belvedere-contract-test"},
                                            credentials_);
    client_ = MakeRestClient(*transport_, RealClock(), metrics_);
    const Json ns{{"metadata", {{"name", word_}}}};
    Make(types::kNamespace, ns);
    Make(kCustomResourceDefinition, DefinitionOf(custom()));
    // Discovery runs ahead of the endpoint.
    for (int tries = 0; tries < 100; ++tries) {
      if (client_->Serves(custom(), {}).value_or(false) &&
          client_->List(custom(), {.ns = word_}, {}).has_value()) {
        return;
      }
      RealClock().SleepFor(std::chrono::milliseconds(100), {});
    }
    ADD_FAILURE() << "the custom kind is not served";
  }

  ~RealServer() {
    for (const auto& [ref, uid] : made_) {
      const Status gone = client_->Delete(ref, {.uid = uid}, {});
      EXPECT_TRUE(gone) << gone.error().message;
    }
  }
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  ContractServer Get() { return {*client_, *transport_, word_, custom()}; }

 private:
  ResourceType custom() const { return ResourceType(custom_); }

  void Make(const ResourceType& type, const Json& object) {
    const Result<Json> made = client_->Create(type, object, {});
    ASSERT_TRUE(made) << made.error().message;
    made_.emplace_back(ResourceRef{type, KeyOf(object)}, UidOf(*made));
  }

  Metrics metrics_;
  const std::string word_;
  const std::string custom_;
  http::CredentialSource credentials_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<Client> client_;
  std::vector<std::pair<ResourceRef, std::string>> made_;
};

class RealContractTest : public ::testing::TestWithParam<ContractCase> {};

TEST_P(RealContractTest, Keeps) {
  const char* path = std::getenv(kKubeconfigVariable);
  if (path == nullptr) GTEST_SKIP() << "set " << kKubeconfigVariable << " to run on a real server";
  Result<Config> config = LoadKubeconfig(path);
  ASSERT_TRUE(config) << config.error().message;
  RealServer real(std::move(*config));
  if (HasFailure()) return;
  ContractServer server = real.Get();
  GetParam().run(server);
}

INSTANTIATE_TEST_SUITE_P(Client, RealContractTest, ::testing::ValuesIn(ContractCases()), NameOf);

}  // namespace
}  // namespace belvedere::kube

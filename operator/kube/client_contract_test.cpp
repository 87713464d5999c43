#include "operator/kube/testing/client_contract.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "operator/base/metrics.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::kube {
namespace {

std::string NameOf(const ::testing::TestParamInfo<ContractCase>& info) { return info.param.name; }

class FakeContractTest : public ::testing::TestWithParam<ContractCase> {};

TEST_P(FakeContractTest, Keeps) {
  FakeApiServer fake;
  Metrics metrics;
  const std::unique_ptr<Client> client = MakeRestClient(fake, RealClock(), metrics);
  ContractServer server{*client, fake, "contract"};
  GetParam().run(server);
}

INSTANTIATE_TEST_SUITE_P(Client, FakeContractTest, ::testing::ValuesIn(ContractCases()), NameOf);

}  // namespace
}  // namespace belvedere::kube

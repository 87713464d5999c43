#include "operator/kube/testing/client_contract.h"

#include "operator/kube/testing/contract_helpers.h"

namespace belvedere::kube {

const std::vector<ContractCase>& ContractCases() {
  static const std::vector<ContractCase> cases = [] {
    std::vector<ContractCase> all = contract::ApplyCases();
    const std::vector<ContractCase> others = contract::OtherCases();
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }();
  return cases;
}

}  // namespace belvedere::kube

#pragma once

#include <string>
#include <vector>

#include "operator/http/transport.h"
#include "operator/kube/client.h"

namespace belvedere::kube {

// An API server under the contract tests. References must outlive the test.
struct ContractServer {
  Client& client;
  http::Transport& transport;  // the same server, for what other clients do
  std::string ns;              // exists, and is the test's own
  // A custom kind with a status subresource and any fields, younger than the server itself.
  ResourceType custom;
};

// One promise of Client that the fake and the real API server must both keep. `run` asserts with
// GoogleTest.
struct ContractCase {
  const char* name;
  void (*run)(ContractServer& server);
};

const std::vector<ContractCase>& ContractCases();

}  // namespace belvedere::kube

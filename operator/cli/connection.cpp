#include "operator/cli/connection.h"

#include <CLI/CLI.hpp>

#include "operator/cli/version.h"

namespace belvedere::cli {

void AddClusterFlags(CLI::App& command, ClusterFlags& flags) {
  command
      .add_option("--kubeconfig", flags.kubeconfig,
                  "Where the API server is [in a pod: its service account; else ~/.kube/config]")
      ->envname("KUBECONFIG")
      ->type_name("FILE");
  command.add_option("--context", flags.context, "Context of the kubeconfig [its current one]")
      ->envname("BELVEDERE_CONTEXT")
      ->type_name("NAME");
}

std::string UserAgent(const std::string& command) {
  return "belvedere/" + Version() + " (" + command + ")";
}

std::unique_ptr<kube::Client> Connection::NewClient(Clock& clock, Metrics& metrics,
                                                    const kube::RestOptions& options) {
  http::CpprestOptions http;
  http.base_url = config_.server;
  http.server_name = config_.server_name;
  http.user_agent = user_agent_;
  transports_.push_back(http::MakeCpprestTransport(http, credentials_));
  kube::RestOptions rest = options;
  rest.host = config_.server.substr(config_.server.find("://") + 3);
  return kube::MakeRestClient(*transports_.back(), clock, metrics, rest);
}

}  // namespace belvedere::cli

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "operator/base/metrics.h"
#include "operator/http/cpprest_transport.h"
#include "operator/kube/config.h"
#include "operator/kube/rest_client.h"

namespace CLI {
class App;
}

namespace belvedere::cli {

// Which cluster, and as whom.
struct ClusterFlags {
  std::string kubeconfig;
  std::string context;
};
void AddClusterFlags(CLI::App& command, ClusterFlags& flags);

// What every connection of the process says of itself: "belvedere/0.1.0 (operator)".
std::string UserAgent(const std::string& command);

// One API server, and clients with connections of their own.
class Connection {
 public:
  Connection(kube::Config config, std::string user_agent)
      : config_(std::move(config)),
        credentials_(config_.credentials),
        user_agent_(std::move(user_agent)) {}

  // Both must outlive the client, and the client this.
  std::unique_ptr<kube::Client> NewClient(Clock& clock, Metrics& metrics,
                                          const kube::RestOptions& options = {});
  // Reads token and CA again. Thread-safe.
  Status Refresh() { return kube::Refresh(config_, credentials_); }

  const kube::Config& config() const { return config_; }

 private:
  const kube::Config config_;
  http::CredentialSource credentials_;
  const std::string user_agent_;
  std::vector<std::unique_ptr<http::Transport>> transports_;
};

}  // namespace belvedere::cli

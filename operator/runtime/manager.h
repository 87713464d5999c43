#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/result.h"
#include "operator/http/server.h"
#include "operator/http/transport.h"
#include "operator/kube/client.h"
#include "operator/runtime/kind.h"
#include "operator/runtime/leader.h"

namespace belvedere::runtime {

struct ManagerOptions {
  enum class Election { kOn, kOff } election = Election::kOn;
  LeaderOptions leader;
  // /healthz and /readyz; /metrics too unless `metrics_server` is set.
  http::ServerOptions server{.port = 8080};
  // A server of its own for /metrics, where each request needs a bearer token that may
  // `get` the non-resource URL /metrics (TokenReview, SubjectAccessReview).
  std::optional<http::ServerOptions> metrics_server;
  std::string watch_namespace;  // empty: all
  int workers = 8;              // of each kind
  Duration resync = std::chrono::hours(10);
  Duration sweep = std::chrono::hours(1);
  Duration sync_timeout = std::chrono::minutes(2);
};

// What a manager works with; all must outlive it.
struct ManagerDeps {
  kube::Client& client;
  // Over a transport of its own, so that a renewal never queues behind other requests.
  kube::Client& lease_client;
  Clock& clock;
  Metrics& metrics;
  std::vector<const Kind*> kinds;
  // Makes the transport to one agent, base_url "http://10.0.0.1:9533".
  std::function<std::unique_ptr<http::Transport>(const std::string& base_url)> agent_transport;
  // Reads token and CA again; called each minute and soon after a 401. Empty: never.
  std::function<Status()> refresh_credentials;
};

// Runs the engine: probes, then caches, then the election, then in each term the controllers; and
// back in reverse. Losing the lease ends the term and not the process.
class Manager {
 public:
  Manager(ManagerDeps deps, ManagerOptions options);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Blocks until `stop`, then returns success after the workers have joined and the lease is
  // released. Errors: kTimeout when the caches have not synced within `sync_timeout`; kTransport
  // when a port cannot be opened.
  Status Run(std::stop_token stop);

  // Reconciles every resource again, as the regular resync does. Thread-safe; nothing when this
  // replica does not lead.
  void Resync();

  // The port of the probes once Run has opened it, else 0. Thread-safe.
  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace belvedere::runtime

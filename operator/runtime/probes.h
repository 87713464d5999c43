#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/http/server.h"
#include "operator/kube/client.h"

namespace belvedere::runtime {

enum class Access { kAllowed, kUnauthenticated, kForbidden, kUnknown };

// Asks the API server whether a bearer token may `get` the non-resource URL /metrics (TokenReview,
// then SubjectAccessReview). Answers are kept for a minute, by a hash of the token. Thread-safe.
class Authorizer {
 public:
  Authorizer(kube::Client& client, Clock& clock);
  Access Judge(const std::string& authorization_header);

 private:
  struct Known {
    Access access = Access::kUnknown;
    SteadyTime until;
  };

  Access Ask(const std::string& token);
  Access AskForUser(const Json& user);

  kube::Client& client_;
  Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Known> known_ GUARDED_BY(mutex_);
};

// What the probes answer from.
struct ProbeSources {
  Metrics& metrics;
  std::function<bool()> is_alive;        // /healthz
  std::function<std::string()> unready;  // /readyz: what it waits for; empty: ready
  std::function<void()> before_scrape;   // brings gauges up to date
};

enum class MetricsPath { kServed, kNotServed };

// GET /healthz and /readyz, and /metrics where served.
http::Handler MakeProbeHandler(ProbeSources sources, MetricsPath metrics_path);

// GET /metrics alone, for those whom the authorizer, which must outlive it, allows.
http::Handler MakeMetricsHandler(ProbeSources sources, Authorizer& authorizer);

}  // namespace belvedere::runtime

#pragma once

#include <functional>

#include "operator/base/metrics.h"
#include "operator/cli/agent/reloader.h"
#include "operator/http/server.h"

namespace belvedere::agent {

// What the agent answers:
//   GET /v1/config  {"wanted","loaded","error"}
//   GET /healthz    200 once the operand finds a config, 503 before: the startup probe
//   GET /metrics    Prometheus text
// `state` is called on the server's threads; `metrics` must outlive the handler.
http::Handler MakeStatusHandler(std::function<State()> state, const Metrics& metrics);

}  // namespace belvedere::agent

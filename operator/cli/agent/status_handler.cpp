#include "operator/cli/agent/status_handler.h"

#include "operator/base/json.h"

namespace belvedere::agent {
namespace {

http::Response Text(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  return {status, {{"content-type", std::move(type)}}, std::move(body)};
}

http::Response ConfigOf(const State& state) {
  const Json body{{"wanted", state.wanted}, {"loaded", state.loaded}, {"error", state.error}};
  return Text(200, Dump(body), "application/json");
}

http::Response HealthOf(const State& state) {
  if (state.copied) return Text(200, "ok\n");
  return Text(503, "no config for the operand yet" +
                       (state.error.empty() ? std::string() : ": " + state.error) + "\n");
}

}  // namespace

http::Handler MakeStatusHandler(std::function<State()> state, const Metrics& metrics) {
  return [state = std::move(state), &metrics](const http::Request& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    const bool known = path == "/v1/config" || path == "/healthz" || path == "/metrics";
    if (!known) return Text(404, "not found\n");
    if (request.method != http::Method::kGet) return Text(405, "only GET\n");
    if (path == "/v1/config") return ConfigOf(state());
    if (path == "/healthz") return HealthOf(state());
    return Text(200, metrics.Render(), "text/plain; version=0.0.4; charset=utf-8");
  };
}

}  // namespace belvedere::agent

#include "operator/runtime/probes.h"

#include <utility>

#include "operator/base/hash.h"

namespace belvedere::runtime {
namespace {

constexpr std::chrono::seconds kKeepFor{60};
constexpr std::size_t kMaxKnown = 256;

http::Response Text(int status, std::string body) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = std::move(body)};
}

http::Response Scrape(const ProbeSources& sources) {
  if (sources.before_scrape) sources.before_scrape();
  return {.status = 200,
          .headers = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}},
          .body = sources.metrics.Render()};
}

std::string PathOf(const http::Request& request) {
  return request.target.substr(0, request.target.find('?'));
}

std::string TokenOf(const std::string& header) {
  constexpr std::string_view kBearer = "Bearer ";
  return header.starts_with(kBearer) ? header.substr(kBearer.size()) : std::string();
}

}  // namespace

Authorizer::Authorizer(kube::Client& client, Clock& clock) : client_(client), clock_(clock) {}

Access Authorizer::Judge(const std::string& authorization_header) {
  const std::string token = TokenOf(authorization_header);
  if (token.empty()) return Access::kUnauthenticated;
  const std::string id = HashOf(token);
  {
    const MutexLock lock(mutex_);
    const auto found = known_.find(id);
    if (found != known_.end() && clock_.Now() < found->second.until) return found->second.access;
  }
  const Access access = Ask(token);
  // A failure to ask is no answer, and is asked again.
  if (access == Access::kUnknown) return access;
  const MutexLock lock(mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[id] = {.access = access, .until = clock_.Now() + kKeepFor};
  return access;
}

Access Authorizer::Ask(const std::string& token) {
  const Json review{{"apiVersion", kube::types::kTokenReview.ApiVersion()},
                    {"kind", std::string(kube::types::kTokenReview.kind())},
                    {"spec", {{"token", token}}}};
  const auto answer = client_.Create(kube::types::kTokenReview, review, std::stop_token{});
  if (!answer.has_value()) return Access::kUnknown;
  if (At(*answer, "/status/authenticated") != Json(true)) return Access::kUnauthenticated;
  return AskForUser(At(*answer, "/status/user"));
}

Access Authorizer::AskForUser(const Json& user) {
  Json spec{{"user", StringAt(user, "/username")},
            {"nonResourceAttributes", {{"path", "/metrics"}, {"verb", "get"}}}};
  for (const char* name : {"groups", "uid", "extra"}) {
    if (user.contains(name)) spec[name] = user.at(name);
  }
  const Json review{{"apiVersion", kube::types::kSubjectAccessReview.ApiVersion()},
                    {"kind", std::string(kube::types::kSubjectAccessReview.kind())},
                    {"spec", std::move(spec)}};
  const auto answer = client_.Create(kube::types::kSubjectAccessReview, review, std::stop_token{});
  if (!answer.has_value()) return Access::kUnknown;
  return At(*answer, "/status/allowed") == Json(true) ? Access::kAllowed : Access::kForbidden;
}

http::Handler MakeProbeHandler(ProbeSources sources, MetricsPath metrics_path) {
  return [sources = std::move(sources), metrics_path](const http::Request& request) {
    const std::string path = PathOf(request);
    if (request.method != http::Method::kGet) return Text(405, "GET only\n");
    if (path == "/healthz") {
      return sources.is_alive() ? Text(200, "ok\n") : Text(503, "not alive\n");
    }
    if (path == "/readyz") {
      const std::string unready = sources.unready();
      return unready.empty() ? Text(200, "ok\n") : Text(503, "waits for " + unready + "\n");
    }
    if (path == "/metrics" && metrics_path == MetricsPath::kServed) return Scrape(sources);
    return Text(404, "not found\n");
  };
}

http::Handler MakeMetricsHandler(ProbeSources sources, Authorizer& authorizer) {
  return [sources = std::move(sources), &authorizer](const http::Request& request) {
    if (request.method != http::Method::kGet) return Text(405, "GET only\n");
    if (PathOf(request) != "/metrics") return Text(404, "not found\n");
    const auto header = request.headers.find("authorization");
    switch (authorizer.Judge(header == request.headers.end() ? "" : header->second)) {
      case Access::kAllowed:
        return Scrape(sources);
      case Access::kUnauthenticated:
        return Text(401, "unauthenticated\n");
      case Access::kForbidden:
        return Text(403, "forbidden\n");
      case Access::kUnknown:
        break;
    }
    return Text(503, "the API server cannot be asked\n");
  };
}

}  // namespace belvedere::runtime

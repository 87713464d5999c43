#include "operator/cli/agent/operand.h"

namespace belvedere::agent {
namespace {

Answer AnswerOf(int status) {
  if (status >= 200 && status < 300) return Answer::kYes;
  if (status == 429 || (status >= 502 && status <= 504)) return Answer::kNotYet;
  return Answer::kNo;
}

Reply Ask(const HttpOperand::Call& call, http::Method method, std::stop_token stop) {
  const http::Request request{.method = method, .target = call.target, .headers = {}, .body = {}};
  const Result<http::Response> response = call.transport.RoundTrip(request, call.timeout, stop);
  if (response) {
    const std::string status = "HTTP " + std::to_string(response->status);
    return {AnswerOf(response->status), response->body.empty() ? status : response->body};
  }
  const bool late = response.error().code == ErrorCode::kTimeout;
  return {late ? Answer::kNotYet : Answer::kUnreachable, response.error().message};
}

}  // namespace

Result<Endpoint> ParseEndpoint(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::string name = scheme == std::string::npos ? "" : url.substr(0, scheme);
  if (name != "http" && name != "https") {
    return Fail(ErrorCode::kInvalid, url + ": must begin with http:// or https://");
  }
  const std::size_t path = url.find('/', scheme + 3);
  const std::string base = url.substr(0, path);
  if (base.size() == scheme + 3) return Fail(ErrorCode::kInvalid, url + ": has no host");
  return Endpoint{base, path == std::string::npos ? "/" : url.substr(path)};
}

Reply HttpOperand::Probe(std::stop_token stop) { return Ask(probe_, http::Method::kGet, stop); }

Reply HttpOperand::Reload(std::stop_token stop) { return Ask(reload_, http::Method::kPost, stop); }

}  // namespace belvedere::agent

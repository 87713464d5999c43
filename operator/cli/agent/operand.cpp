#include "operator/cli/agent/operand.h"

#include "operator/base/json.h"

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

Reply Get(const HttpOperand::Call& call, const std::stop_token& stop) {
  return Ask(call, http::Method::kGet, stop);
}

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

Reply HttpOperand::Probe(std::stop_token stop) { return Get(probe_, stop); }

Reply HttpOperand::Reload(std::stop_token stop) { return Ask(reload_, http::Method::kPost, stop); }

tl::expected<std::int64_t, Reply> CountingOperand::Count(const std::stop_token& stop) const {
  Reply reply = Get(reload_, stop);
  if (reply.answer != Answer::kYes) return tl::unexpected(std::move(reply));
  const Result<Json> body = ParseJson(reply.text);
  const std::int64_t count = body ? IntAt(*body, "/" + counting_.counter, -1) : -1;
  if (count >= 0) return count;
  return tl::unexpected(Reply{Answer::kNo, "its answer has no " + counting_.counter});
}

Reply CountingOperand::Probe(std::stop_token stop) { return Get(probe_, stop); }

Reply CountingOperand::Reload(std::stop_token stop) {
  const auto before = Count(stop);
  if (!before) return before.error();
  Reply asked = Ask(reload_, http::Method::kPost, stop);
  if (asked.answer != Answer::kYes) return asked;
  const SteadyTime deadline = counting_.clock.Now() + counting_.timeout;
  while (true) {
    // It serves nothing while it reloads: only a count tells anything.
    const auto now = Count(stop);
    if (now && *now > *before) return {Answer::kYes, asked.text};
    if (counting_.clock.Now() >= deadline || !counting_.clock.SleepFor(counting_.poll, stop)) {
      if (!now && now.error().answer == Answer::kUnreachable) return now.error();
      return {Answer::kNo, "it did not load the new config (" + counting_.counter +
                               " stayed the same); its log says why"};
    }
  }
}

}  // namespace belvedere::agent

#include "operator/kube/request_sender.h"

#include <utility>

#include "operator/kube/object_text.h"

namespace belvedere::kube {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(200);

// client-go's: 64 B to 16 MiB.
std::vector<double> SizeBounds() {
  return {64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};
}

bool IsOk(int status) { return status >= 200 && status < 300; }

// Not 502 and 504: behind those the request may still be under way.
bool IsRetryable(int status) { return status == 429 || status == 503; }

tl::unexpected<Refusal> Refused(Error error) {
  return tl::unexpected<Refusal>(Refusal{.error = std::move(error)});
}

tl::expected<Json, Refusal> Decode(const http::Response& response) {
  if (!IsOk(response.status)) return tl::unexpected<Refusal>(ReadRefusal(response));
  Result<Json> body = ParseObjects(response.body);
  if (!body) {
    body.error().http_status = response.status;
    return Refused(std::move(body.error()));
  }
  return std::move(*body);
}

}  // namespace

RequestSender::RequestSender(http::Transport& transport, Clock& clock, Metrics& metrics,
                             RestOptions options)
    : transport_(transport),
      clock_(clock),
      metrics_(metrics),
      options_(std::move(options)),
      meters_{{http::Method::kGet, MetersOf(http::Method::kGet)},
              {http::Method::kPost, MetersOf(http::Method::kPost)},
              {http::Method::kPut, MetersOf(http::Method::kPut)},
              {http::Method::kPatch, MetersOf(http::Method::kPatch)},
              {http::Method::kDelete, MetersOf(http::Method::kDelete)}} {}

RequestSender::Meters RequestSender::MetersOf(http::Method method) {
  const Labels labels{{"verb", std::string(http::ToString(method))}, {"host", options_.host}};
  return {.seconds = metrics_.GetHistogram("rest_client_request_duration_seconds",
                                           "Latency of requests to the API server.",
                                           LatencyBounds(), labels),
          .sent = metrics_.GetHistogram("rest_client_request_size_bytes",
                                        "Bodies sent to the API server.", SizeBounds(), labels),
          .received =
              metrics_.GetHistogram("rest_client_response_size_bytes",
                                    "Bodies of its answers, watches left out, after decompression.",
                                    SizeBounds(), labels)};
}

tl::expected<Json, Refusal> RequestSender::Send(const http::Request& request, Repeat repeat,
                                                const std::stop_token& stop) {
  Duration pause = kFirstPause;
  for (int attempt = 1;; ++attempt, pause *= 2) {
    const Result<http::Response> response = Attempt(request, stop);
    if (!response) return Refused(response.error());
    tl::expected<Json, Refusal> outcome = Decode(*response);
    if (outcome) return outcome;

    const Error& error = outcome.error().error;
    const Duration wait = error.retry_after.value_or(std::chrono::seconds(0));
    const bool again = repeat == Repeat::kSafe && attempt < options_.max_attempts &&
                       IsRetryable(error.http_status) && wait <= options_.timeout;
    if (!again) return outcome;
    if (!clock_.SleepFor(wait.count() > 0 ? wait : pause, stop)) {
      return Refused({.code = ErrorCode::kCanceled,
                      .reason = {},
                      .message = "stopped while waiting to try again",
                      .retry_after = {}});
    }
  }
}

Result<http::Response> RequestSender::Attempt(const http::Request& request,
                                              const std::stop_token& stop) {
  const SteadyTime start = clock_.Now();
  Result<http::Response> response = transport_.RoundTrip(request, options_.timeout, stop);
  const std::chrono::duration<double> took = clock_.Now() - start;
  const Meters& meters = meters_.at(request.method);
  meters.seconds.Observe(took.count());
  meters.sent.Observe(static_cast<double>(request.body.size()));
  meters.received.Observe(response ? static_cast<double>(response->body.size()) : 0);
  Count(request.method, response ? response->status : 0);
  return response;
}

void RequestSender::Count(http::Method method, int status) {
  metrics_
      .GetCounter("rest_client_requests_total", "Requests to the API server by status code.",
                  {{"code", status == 0 ? "<error>" : std::to_string(status)},
                   {"method", std::string(http::ToString(method))},
                   {"host", options_.host}})
      .Add();
}

}  // namespace belvedere::kube

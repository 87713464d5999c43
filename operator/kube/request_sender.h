#pragma once

#include <map>
#include <stop_token>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/http/transport.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/status_error.h"

namespace belvedere::kube {

// Whether a request may be sent a second time. POST and PUT are never.
enum class Repeat { kSafe, kNever };

// Sends requests with retries and counts them (rest_client_requests_total and
// rest_client_request_duration_seconds). Thread-safe; references must outlive it.
class RequestSender {
 public:
  RequestSender(http::Transport& transport, Clock& clock, Metrics& metrics, RestOptions options);

  // The decoded body of a 2xx answer, or why there is none. Only 429 and 503 are retried: there the
  // server says itself that it did nothing. Waits as Retry-After says, if that is at most one
  // timeout; a longer wait is the caller's.
  tl::expected<Json, Refusal> Send(const http::Request& request, Repeat repeat,
                                   const std::stop_token& stop);

  // Counts one answer; `status` 0 stands for none.
  void Count(http::Method method, int status);

 private:
  // What is observed of each request of one verb.
  struct Meters {
    Histogram& seconds;
    Histogram& sent;
    Histogram& received;
  };

  Meters MetersOf(http::Method method);
  Result<http::Response> Attempt(const http::Request& request, const std::stop_token& stop);

  http::Transport& transport_;
  Clock& clock_;
  Metrics& metrics_;
  const RestOptions options_;
  const std::map<http::Method, Meters> meters_;
};

}  // namespace belvedere::kube

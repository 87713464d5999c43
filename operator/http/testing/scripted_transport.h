#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "operator/base/mutex.h"
#include "operator/http/transport.h"

namespace belvedere::http {

// A Transport that answers from functions and keeps what it was asked. Thread-safe as far as the
// functions are; they run on the calling thread, without a lock held.
class ScriptedTransport final : public Transport {
 public:
  using RoundTripScript = std::function<Result<Response>(const Request&, std::stop_token)>;
  using StreamScript =
      std::function<Result<Response>(const Request&, const LineHandler&, std::stop_token)>;

  // Without a stream script each Stream is refused with kTransport.
  explicit ScriptedTransport(RoundTripScript round_trip, StreamScript stream = {})
      : round_trip_(std::move(round_trip)), stream_(std::move(stream)) {}

  Result<Response> RoundTrip(const Request& request, std::chrono::milliseconds /*timeout*/,
                             std::stop_token stop) override {
    Remember(request);
    if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
    return round_trip_(request, std::move(stop));
  }

  Result<Response> Stream(const Request& request, const LineHandler& line,
                          std::chrono::milliseconds /*idle*/, std::stop_token stop) override {
    Remember(request);
    if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
    if (!stream_) return Fail(ErrorCode::kTransport, "no stream in this script");
    return stream_(request, line, std::move(stop));
  }

  // In the order of arrival.
  std::vector<Request> requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void Remember(const Request& request) {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
  }

  const RoundTripScript round_trip_;
  const StreamScript stream_;
  mutable Mutex mutex_;
  std::vector<Request> requests_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::http

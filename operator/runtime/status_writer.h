#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/client.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

// Brings the status of a resource up to what is known of it, with few writes: at once when a
// condition's status, reason or generation changes; when only messages and counters do, at most one
// write in `interval`; never the same status twice. Thread-safe for different resources.
class StatusWriter {
 public:
  StatusWriter(kube::Client& client, Clock& clock, Metrics& metrics, const Kind& kind,
               PrimaryStore& primaries, Duration interval = std::chrono::seconds(10));

  struct Written {
    std::vector<Condition> before;
    std::vector<Condition> after;  // equal to `before` when there was nothing to write
    // Set when a write is owed, and may be made after so long.
    std::optional<Duration> retry_after;
  };

  // `fields` beside the conditions; `verdict` gives these.
  Result<Written> Write(const cache::Primary& self, const Verdict& verdict, Json fields,
                        const std::stop_token& stop);
  void Forget(const kube::ObjectKey& key);

 private:
  struct Past {
    SteadyTime when;
    std::uint64_t wanted = 0;  // hash of the status written
    std::uint64_t live = 0;    // hash of what the server made of it
  };

  std::optional<Duration> DelayOf(const kube::ObjectKey& key) const;
  bool IsSettled(const kube::ObjectKey& key, std::uint64_t wanted, std::uint64_t live) const;

  kube::Client& client_;
  Clock& clock_;
  const Kind& kind_;
  PrimaryStore& primaries_;
  const Duration interval_;
  Counter& urgent_writes_;
  Counter& quiet_writes_;
  mutable Mutex mutex_;
  std::map<kube::ObjectKey, Past> past_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

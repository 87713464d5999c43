#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/kube/client.h"

namespace belvedere::runtime {

struct LeaderOptions {
  kube::ObjectKey lease;
  std::string identity;  // hostname_uuid
  std::chrono::milliseconds lease_duration = std::chrono::seconds(15);
  std::chrono::milliseconds renew_deadline = std::chrono::seconds(10);
  std::chrono::milliseconds retry_period = std::chrono::seconds(2);
};

// Holds or campaigns for a Lease (coordination.k8s.io/v1), as client-go's leaderelection does, but
// losing it ends the term and not the process. Expiry is judged by local monotonic time since the
// record was last seen to change.
class LeaderElector {
 public:
  // `lead` runs on a thread of its own for each term; its token is stopped when the term ends, and
  // the elector waits for its return before it releases or campaigns again.
  using Term = std::function<void(std::stop_token term)>;

  // `client` should have a connection of its own (renewals must not queue behind other requests).
  // Throws std::invalid_argument unless lease_duration > renew_deadline > 1.2 * retry_period.
  LeaderElector(kube::Client& client, Clock& clock, Metrics& metrics, LeaderOptions options);

  // Campaigns until stopped; then ends the term, joins it and releases the lease.
  void Run(const Term& lead, std::stop_token stop);

  // Whether a write may be started now: we hold the lease, and the renew deadline has not passed.
  // Thread-safe.
  bool MayWrite() const;
  // False when a term that has lost the lease has not ended for twice the lease duration: then only
  // a restart helps. Thread-safe.
  bool IsHealthy() const;

 private:
  enum class Attempt { kHeld, kLost, kUnknown };  // kLost: somebody else holds it

  // The record as it was last seen to change, and when.
  struct Observed {
    Json lease;
    SteadyTime when;
  };

  bool Acquire(const std::stop_token& stop);
  void Hold(const Term& lead, const std::stop_token& stop);
  // Renews until the lease is lost or `stop`.
  void Renew(const std::stop_token& stop);
  Attempt TryAcquireOrRenew(const std::stop_token& stop);
  Attempt CreateLease(const std::stop_token& stop);
  Attempt TakeLease(SteadyTime began, const std::stop_token& stop);
  void Observe(const Json& lease);
  bool IsHeldByOther() const;
  bool IsHeldByUs() const;
  Json NextRecord() const;
  void Won(const Json& lease, SteadyTime began);
  // Says why the lease could not be read or written, once for each new reason.
  Attempt Unknown(const Error& error);
  void Release();

  kube::Client& client_;
  Clock& clock_;
  const LeaderOptions options_;
  Gauge& leads_;
  Counter& terms_;
  Counter& slow_path_;
  std::atomic<std::int64_t> write_until_{0};  // SteadyTime ticks
  std::atomic<std::int64_t> healthy_until_{0};
  std::atomic<bool> in_term_{false};

  // Of the thread in Run.
  Observed observed_;
  std::string complained_of_;
  std::mt19937 random_;
};

}  // namespace belvedere::runtime

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/client.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

// Finds children whose owner is gone and that the garbage collector cannot follow (cluster-scoped,
// or in another namespace): hands them to their heir, else deletes them, after reading both the
// child and the owner live. Children with an ownerReference are left to the garbage collector.
class Sweeper {
 public:
  // `enqueue` brings an heir to reconcile; it then takes the child over without a gap.
  using EnqueueHeir = std::function<void(const Kind& kind, const kube::ObjectKey& heir)>;

  Sweeper(kube::Client& client, Clock& clock, Metrics& metrics, Caches& caches, EnqueueHeir enqueue,
          Duration interval = std::chrono::hours(1));

  // Sweeps everything at once, then each `interval` and after each OnOwnerGone, until stopped.
  void Run(const std::stop_token& term);
  // A resource with this UID is gone. Nothing happens while no term runs, since a term begins with
  // a full sweep. Thread-safe.
  void OnOwnerGone(const std::string& uid);
  // Whether nothing is being swept or known to be due now. Thread-safe.
  bool IsIdle() const;

 private:
  enum class Verdict { kSettled, kRetry };

  Verdict SweepAll(const std::stop_token& stop);
  Verdict SweepOwner(const std::string& uid, const std::stop_token& stop);
  Verdict SweepChild(const cache::Child& child, const std::stop_token& stop);
  Verdict DeleteChild(const kube::ResourceRef& ref, const Json& live, const std::stop_token& stop);
  bool HandToHeir(const cache::Child& child, const Json& live);

  kube::Client& client_;
  Clock& clock_;
  Caches& caches_;
  const EnqueueHeir enqueue_;
  const Duration interval_;
  Counter& swept_;
  Counter& inherited_;
  std::atomic<bool> runs_{false};
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  bool is_sweeping_ GUARDED_BY(mutex_) = true;     // a term begins with a full sweep
  std::set<std::string> gone_ GUARDED_BY(mutex_);  // owner UIDs to look at
};

}  // namespace belvedere::runtime

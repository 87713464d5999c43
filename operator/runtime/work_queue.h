#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/resource.h"

namespace belvedere::runtime {

// kProgress: pods and rollouts on their way. Last, because what is still to be written brings more
// of them: at a start with many resources, each is passed over once for its objects and once for
// its rollout, not once for each replica.
enum class Priority { kProgress = -200, kResync = -100, kChange = 0 };

// Where a key's backoff begins: at once for what may pass by itself, later for what was refused.
enum class Pace { kQuick, kPatient };

struct QueueOptions {
  std::string name;  // label of the workqueue_* metrics
  Duration backoff_base = std::chrono::milliseconds(5);
  Duration patient_base = std::chrono::seconds(1);
  Duration backoff_max = std::chrono::seconds(300);
};

// Keys to work on. A key is in it once, handed to one worker at a time, and again after Done() if
// it was added meanwhile. Higher priority first, then first come. Thread-safe. Behaviour follows
// client-go's workqueue with priorities.
class WorkQueue {
 public:
  WorkQueue(Clock& clock, Metrics& metrics, QueueOptions options);

  void Add(const kube::ObjectKey& key, Priority priority = Priority::kChange);
  // Adds the key once `delay` has passed; of two delays for one key the earlier counts, and the
  // higher priority. A Get of the key before then makes it void.
  void AddAfter(const kube::ObjectKey& key, Duration delay, Priority priority = Priority::kChange);
  // Adds the key after its own exponential backoff with jitter.
  void AddBackoff(const kube::ObjectKey& key, Pace pace = Pace::kQuick);
  // Ends the key's backoff: its next failure starts at the base again.
  void Forget(const kube::ObjectKey& key);

  // Blocks for a key; empty when stopped.
  std::optional<kube::ObjectKey> Get(std::stop_token stop);
  // Must follow each Get, after the work.
  void Done(const kube::ObjectKey& key);

  std::size_t depth() const;
  // Whether nothing is queued, delayed by less than `horizon`, or being worked on.
  bool Idle(Duration horizon) const;
  // Brings the gauges of work in hand up to now; called before each scrape.
  void UpdateMetrics();

 private:
  struct Queued {
    Priority priority = Priority::kChange;
    std::uint64_t turn = 0;
    SteadyTime since;
  };
  struct Delayed {
    SteadyTime due;
    Priority priority = Priority::kChange;
  };
  struct Working {
    SteadyTime since;
    std::optional<Priority> again;  // added meanwhile
  };
  using Turn = std::tuple<int, std::uint64_t, kube::ObjectKey>;  // negated priority, turn, key

  void AddLocked(const kube::ObjectKey& key, Priority priority) REQUIRES(mutex_);
  void DelayLocked(const kube::ObjectKey& key, Delayed delayed) REQUIRES(mutex_);
  // Moves delayed keys that are due into the queue.
  void Promote(SteadyTime now) REQUIRES(mutex_);
  SteadyTime NextDue() const REQUIRES(mutex_);
  kube::ObjectKey Take(SteadyTime now) REQUIRES(mutex_);

  Clock& clock_;
  const QueueOptions options_;
  Gauge& depth_gauge_;
  Counter& adds_;
  Counter& retries_;
  Histogram& waiting_seconds_;
  Histogram& working_seconds_;
  Gauge& unfinished_;
  Gauge& longest_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t next_turn_ GUARDED_BY(mutex_) = 0;
  std::set<Turn> order_ GUARDED_BY(mutex_);
  std::map<kube::ObjectKey, Queued> queued_ GUARDED_BY(mutex_);
  std::map<kube::ObjectKey, Working> working_ GUARDED_BY(mutex_);
  std::set<std::pair<SteadyTime, kube::ObjectKey>> delays_ GUARDED_BY(mutex_);
  std::map<kube::ObjectKey, Delayed> delayed_ GUARDED_BY(mutex_);
  std::map<kube::ObjectKey, int> failures_ GUARDED_BY(mutex_);
  std::mt19937 random_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

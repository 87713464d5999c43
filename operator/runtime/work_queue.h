#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/resource.h"

namespace belvedere::runtime {

enum class Priority { kResync = -100, kChange = 0 };

struct QueueOptions {
  std::string name;  // label of the workqueue_* metrics
  Duration backoff_base = std::chrono::milliseconds(5);
  Duration backoff_max = std::chrono::seconds(300);
};

// Keys to work on. A key is in it once, handed to one worker at a time, and again after Done() if
// it was added meanwhile. Higher priority first, then first come. Thread-safe. Behaviour follows
// client-go's workqueue with priorities.
class WorkQueue {
 public:
  WorkQueue(Clock& clock, Metrics& metrics, QueueOptions options);

  void Add(const kube::ObjectKey& key, Priority priority = Priority::kChange);
  // Adds the key once `delay` has passed; of two delays for one key the earlier counts.
  void AddAfter(const kube::ObjectKey& key, Duration delay);
  // Adds the key after its own exponential backoff with jitter.
  void AddBackoff(const kube::ObjectKey& key);
  // Ends the key's backoff: its next failure starts at the base again.
  void Forget(const kube::ObjectKey& key);

  // Blocks for a key; empty when stopped.
  std::optional<kube::ObjectKey> Get(std::stop_token stop);
  // Must follow each Get, after the work.
  void Done(const kube::ObjectKey& key);

  std::size_t depth() const;
  // Whether nothing is queued, delayed by less than `horizon`, or being worked on.
  bool Idle(Duration horizon) const;

 private:
  Clock& clock_;
  Metrics& metrics_;
  const QueueOptions options_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
};

}  // namespace belvedere::runtime

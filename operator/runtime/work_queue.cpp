#include "operator/runtime/work_queue.h"

#include <algorithm>

namespace belvedere::runtime {
namespace {

double SecondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// client-go's buckets for queue and work times: 10 ns to 1000 s, by tens.
std::vector<double> QueueBounds() {
  return {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000};
}

}  // namespace

WorkQueue::WorkQueue(Clock& clock, Metrics& metrics, QueueOptions options)
    : clock_(clock),
      options_(std::move(options)),
      depth_gauge_(metrics.GetGauge("workqueue_depth", "Keys waiting for a worker",
                                    {{"name", options_.name}})),
      adds_(metrics.GetCounter("workqueue_adds_total", "Keys added", {{"name", options_.name}})),
      retries_(metrics.GetCounter("workqueue_retries_total", "Keys added again after a failure",
                                  {{"name", options_.name}})),
      waiting_seconds_(metrics.GetHistogram("workqueue_queue_duration_seconds",
                                            "Time from added to taken by a worker", QueueBounds(),
                                            {{"name", options_.name}})),
      working_seconds_(metrics.GetHistogram("workqueue_work_duration_seconds",
                                            "Time a worker takes for a key", QueueBounds(),
                                            {{"name", options_.name}})),
      unfinished_(metrics.GetGauge("workqueue_unfinished_work_seconds",
                                   "Seconds of work in hand, summed over workers",
                                   {{"name", options_.name}})),
      longest_(metrics.GetGauge("workqueue_longest_running_processor_seconds",
                                "Seconds the longest running worker has been at its key",
                                {{"name", options_.name}})),
      random_(std::random_device{}()) {}

void WorkQueue::Add(const kube::ObjectKey& key, Priority priority) {
  const MutexLock lock(mutex_);
  AddLocked(key, priority);
}

void WorkQueue::AddAfter(const kube::ObjectKey& key, Duration delay, Priority priority) {
  const MutexLock lock(mutex_);
  if (delay <= Duration::zero()) {
    AddLocked(key, priority);
    return;
  }
  DelayLocked(key, {.due = clock_.Now() + delay, .priority = priority});
}

void WorkQueue::AddBackoff(const kube::ObjectKey& key, Pace pace) {
  const MutexLock lock(mutex_);
  retries_.Add();
  int& failures = failures_[key];
  Duration delay = pace == Pace::kQuick ? options_.backoff_base : options_.patient_base;
  for (int i = 0; i < failures && delay < options_.backoff_max; ++i) delay *= 2;
  ++failures;
  delay = std::min(delay, options_.backoff_max);
  // Up to a fifth more, so that keys that failed together do not come back together.
  delay += std::chrono::duration_cast<Duration>(
      delay * std::uniform_real_distribution<double>(0, 0.2)(random_));
  DelayLocked(key, {.due = clock_.Now() + delay});
}

void WorkQueue::Forget(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  failures_.erase(key);
}

void WorkQueue::AddLocked(const kube::ObjectKey& key, Priority priority) {
  if (const auto working = working_.find(key); working != working_.end()) {
    auto& again = working->second.again;
    if (!again.has_value()) adds_.Add();
    again = std::max(again.value_or(priority), priority);
    return;
  }
  const auto [found, is_new] = queued_.try_emplace(key);
  Queued& queued = found->second;
  if (!is_new) {
    if (queued.priority >= priority) return;
    order_.erase({-static_cast<int>(queued.priority), queued.turn, key});
    queued.priority = priority;
  } else {
    queued = {.priority = priority, .turn = next_turn_++, .since = clock_.Now()};
    adds_.Add();
  }
  order_.emplace(-static_cast<int>(queued.priority), queued.turn, key);
  depth_gauge_.Set(static_cast<double>(queued_.size()));
  changed_.notify_one();
}

void WorkQueue::DelayLocked(const kube::ObjectKey& key, Delayed delayed) {
  const auto [found, is_new] = delayed_.try_emplace(key, delayed);
  Delayed& known = found->second;
  if (!is_new) {
    known.priority = std::max(known.priority, delayed.priority);
    if (known.due <= delayed.due) return;
    delays_.erase({known.due, key});
    known.due = delayed.due;
  }
  const auto place = delays_.emplace(delayed.due, key).first;
  if (place == delays_.begin()) changed_.notify_all();
}

void WorkQueue::Promote(SteadyTime now) {
  while (!delays_.empty() && delays_.begin()->first <= now) {
    const kube::ObjectKey key = delays_.begin()->second;
    const Priority priority = delayed_.at(key).priority;
    delays_.erase(delays_.begin());
    delayed_.erase(key);
    AddLocked(key, priority);
  }
}

SteadyTime WorkQueue::NextDue() const {
  return delays_.empty() ? SteadyTime::max() : delays_.begin()->first;
}

kube::ObjectKey WorkQueue::Take(SteadyTime now) {
  kube::ObjectKey key = std::get<2>(*order_.begin());
  order_.erase(order_.begin());
  // The work that begins sees all that was waited for; what it still owes is added anew.
  if (const auto delayed = delayed_.find(key); delayed != delayed_.end()) {
    delays_.erase({delayed->second.due, key});
    delayed_.erase(delayed);
  }
  const auto queued = queued_.find(key);
  waiting_seconds_.Observe(SecondsOf(now - queued->second.since));
  queued_.erase(queued);
  working_.emplace(key, Working{.since = now, .again = {}});
  depth_gauge_.Set(static_cast<double>(queued_.size()));
  return key;
}

std::optional<kube::ObjectKey> WorkQueue::Get(std::stop_token stop) {
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.Now();
    Promote(now);
    if (!order_.empty()) return Take(now);
    const SteadyTime due = NextDue();
    clock_.Wait(lock, changed_, due, stop,
                [this, due]() REQUIRES(mutex_) { return !order_.empty() || NextDue() < due; });
  }
  return std::nullopt;
}

void WorkQueue::Done(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  const auto found = working_.find(key);
  if (found == working_.end()) return;
  working_seconds_.Observe(SecondsOf(clock_.Now() - found->second.since));
  const std::optional<Priority> again = found->second.again;
  working_.erase(found);
  if (!again.has_value()) return;
  const auto [queued, is_new] = queued_.try_emplace(
      key, Queued{.priority = *again, .turn = next_turn_++, .since = clock_.Now()});
  if (is_new) order_.emplace(-static_cast<int>(*again), queued->second.turn, key);
  depth_gauge_.Set(static_cast<double>(queued_.size()));
  changed_.notify_one();
}

std::size_t WorkQueue::depth() const {
  const MutexLock lock(mutex_);
  return queued_.size();
}

bool WorkQueue::Idle(Duration horizon) const {
  const MutexLock lock(mutex_);
  return queued_.empty() && working_.empty() &&
         (delays_.empty() || delays_.begin()->first - clock_.Now() >= horizon);
}

void WorkQueue::UpdateMetrics() {
  const MutexLock lock(mutex_);
  const SteadyTime now = clock_.Now();
  double total = 0;
  double longest = 0;
  for (const auto& [key, working] : working_) {
    const double seconds = SecondsOf(now - working.since);
    total += seconds;
    longest = std::max(longest, seconds);
  }
  unfinished_.Set(total);
  longest_.Set(longest);
}

}  // namespace belvedere::runtime

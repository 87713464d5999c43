#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <stop_token>
#include <string>
#include <thread>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/client.h"

namespace belvedere::runtime {

enum class EventType { kNormal, kWarning };

// Something that happened to an object.
struct Event {
  kube::ResourceRef regarding;
  std::string uid;  // of the object
  EventType type = EventType::kNormal;
  std::string reason;  // CamelCase, specific
  std::string action;  // what the operator was doing, CamelCase
  std::string note;    // for people; cut to 1 KiB
};

struct EventOptions {
  std::string reporter = "belvedere.dev/operator";
  std::string instance;  // of the reporter: the pod's name
  std::size_t queue_limit = 1000;
  Duration series_window = std::chrono::minutes(6);
  Duration series_interval = std::chrono::minutes(1);  // between writes of one series
};

// Writes events.k8s.io/v1 events on a thread of its own. The same event again within the window
// becomes a series: one object whose count goes up. When the queue is full, events are dropped and
// counted: an event is never worth a delay. Thread-safe.
class EventRecorder {
 public:
  EventRecorder(kube::Client& client, Clock& clock, Metrics& metrics, EventOptions options);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void Start();
  // Drops what is queued, ends and joins the thread.
  void Stop();
  void Record(Event event);
  // Whether no event waits to be written; what of a series is not due yet does not count.
  bool IsIdle() const;

 private:
  // One event and its repetitions.
  struct Series {
    kube::ObjectKey key;
    std::string uid;  // of the Event object; empty: not written yet
    std::int64_t count = 1;
    std::int64_t written_count = 0;
    WallTime last_seen;
    SteadyTime last_recorded;
    SteadyTime last_written;
    Event event;
    WallTime first_seen;
  };

  void Work(const std::stop_token& stop);
  // The series that is due for a write, or empty.
  std::string NextDue(SteadyTime now) const REQUIRES(mutex_);
  SteadyTime DueOf(const Series& series) const;
  SteadyTime EarliestDue() const REQUIRES(mutex_);
  void Expire(SteadyTime now) REQUIRES(mutex_);
  Result<std::string> WriteOne(const Series& series, const std::stop_token& stop);
  Json Document(const Series& series) const;

  kube::Client& client_;
  Clock& clock_;
  const EventOptions options_;
  Counter& written_;
  Counter& dropped_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Series> series_ GUARDED_BY(mutex_);  // by what makes events the same
  std::jthread thread_;
};

}  // namespace belvedere::runtime

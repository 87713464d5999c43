#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/base/mutex.h"

namespace belvedere {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::nanoseconds;

// The only source of time outside operator/http. Thread-safe; outlives all users.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime Now() const = 0;
  virtual WallTime WallNow() const = 0;

  // Waits on `changed` until `ready()`, `deadline`, or a stop. `lock` must be held; `ready` is
  // called with it held. Returns ready() at the end. Whoever makes ready() true must notify
  // `changed`. A deadline of SteadyTime::max() never passes.
  virtual bool Wait(MutexLock& lock, std::condition_variable_any& changed, SteadyTime deadline,
                    const std::stop_token& stop, const std::function<bool()>& ready) = 0;

  // Returns false when stopped before `duration` has passed.
  bool SleepFor(Duration duration, const std::stop_token& stop);
};

// The machine's clocks.
Clock& RealClock();

// RFC 3339 in UTC with second resolution, as Kubernetes writes metav1.Time.
std::string FormatTime(WallTime time);
// RFC 3339 in UTC with microseconds, as metav1.MicroTime.
std::string FormatMicroTime(WallTime time);
// Reads both of the above; the epoch where `text` is not a time.
WallTime ParseTime(std::string_view text);

}  // namespace belvedere

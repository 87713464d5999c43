#pragma once

#include <condition_variable>
#include <optional>
#include <stop_token>
#include <utility>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"

namespace belvedere::http {

// Bounds how many things happen at once. Thread-safe; must outlive its leases.
class Slots {
 public:
  // One slot, given back at the end of the scope.
  class Lease {
   public:
    explicit Lease(Slots& slots) : slots_(&slots) {}
    ~Lease() {
      if (slots_ != nullptr) slots_->Release();
    }
    Lease(Lease&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    Slots* slots_;
  };

  explicit Slots(int count) : free_(count) {}

  // Waits for a slot; nothing where none came by `deadline` or before a stop.
  std::optional<Lease> Acquire(SteadyTime deadline, const std::stop_token& stop) {
    MutexLock lock(mutex_);
    const bool got = RealClock().Wait(lock, changed_, deadline, stop,
                                      [this]() REQUIRES(mutex_) { return free_ > 0; });
    if (!got || stop.stop_requested()) return std::nullopt;
    --free_;
    return std::optional<Lease>(std::in_place, *this);
  }

 private:
  void Release() {
    {
      const MutexLock lock(mutex_);
      ++free_;
    }
    changed_.notify_one();
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  int free_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::http

#pragma once

#include <atomic>
#include <list>

#include "operator/base/clock.h"

namespace belvedere {

// A Clock that stands still until told. Thread-safe; must outlive all waits on it.
class ManualClock final : public Clock {
 public:
  // Wall time begins at 2026-01-01T00:00:00Z.
  ManualClock();

  SteadyTime Now() const override;
  WallTime WallNow() const override;
  bool Wait(MutexLock& lock, std::condition_variable_any& changed, SteadyTime deadline,
            const std::stop_token& stop, const std::function<bool()>& ready) override;

  // Moves both clocks on and wakes every Wait whose deadline has come. May be called with the lock
  // of a waiter held. Does not wait until the woken threads have run.
  void Advance(Duration duration);
  // Moves wall time alone, as when an administrator sets the machine's clock.
  void ShiftWall(Duration duration);

  // Returns once at least `count` threads sit in Wait with a deadline still ahead. A thread that
  // was woken by a notify of its own condition variable counts until it has run.
  void AwaitBlocked(int count) const;
  // The same of waits that end by themselves: who waits without a deadline may be about to wake.
  void AwaitAsleep(int count) const;

 private:
  // States of a wait. kCommitting: has judged the time, holds its lock, is about to block.
  enum State : int { kAwake, kCommitting, kBlocked };

  struct Waiter {
    std::condition_variable_any& changed;
    const SteadyTime deadline;
    std::atomic<int> state{kAwake};
  };
  class WaiterLock;

  int CountBlocked(SteadyTime last) const EXCLUDES(mutex_);
  void Await(int count, SteadyTime last) const;

  mutable Mutex mutex_;
  SteadyTime now_ GUARDED_BY(mutex_);
  WallTime wall_ GUARDED_BY(mutex_);
  std::list<Waiter*> waiters_ GUARDED_BY(mutex_);
  std::atomic<int> transitions_{0};  // counts changes of any state, for AwaitBlocked
};

}  // namespace belvedere

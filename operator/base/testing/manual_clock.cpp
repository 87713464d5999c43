#include "operator/base/testing/manual_clock.h"

namespace belvedere {

// Follows a condition variable's unlock and lock, to know exactly when a thread is blocked: a
// notify after unlock() is never lost. It must not take mutex_, because Advance notifies under it.
class ManualClock::WaiterLock {
 public:
  WaiterLock(ManualClock& clock, MutexLock& lock, Waiter& waiter)
      : clock_(clock), lock_(lock), waiter_(waiter) {}

  void unlock() {
    Enter(kBlocked);
    lock_.unlock();
  }
  void lock() {
    lock_.lock();
    Enter(kAwake);
  }
  void Enter(State state) {
    waiter_.state.store(state);
    waiter_.state.notify_all();
    clock_.transitions_.fetch_add(1);
    clock_.transitions_.notify_all();
  }

 private:
  ManualClock& clock_;
  MutexLock& lock_;
  Waiter& waiter_;
};

ManualClock::ManualClock()
    : now_(SteadyTime{} + std::chrono::hours(1000)), wall_(ParseTime("2026-01-01T00:00:00Z")) {}

SteadyTime ManualClock::Now() const {
  const MutexLock lock(mutex_);
  return now_;
}

WallTime ManualClock::WallNow() const {
  const MutexLock lock(mutex_);
  return wall_;
}

bool ManualClock::Wait(MutexLock& lock, std::condition_variable_any& changed, SteadyTime deadline,
                       const std::stop_token& stop, const std::function<bool()>& ready) {
  Waiter waiter{.changed = changed, .deadline = deadline};
  WaiterLock waiter_lock(*this, lock, waiter);
  std::list<Waiter*>::iterator place;
  {
    const MutexLock own(mutex_);
    place = waiters_.insert(waiters_.end(), &waiter);
  }
  changed.wait(waiter_lock, stop, [&] {
    if (ready()) return true;
    const MutexLock own(mutex_);
    if (deadline <= now_) return true;
    // Set under mutex_: an Advance that comes later waits until this thread has blocked.
    waiter.state.store(kCommitting);
    return false;
  });
  waiter_lock.Enter(kAwake);  // a stop can end the wait between the judgement and the blocking
  {
    const MutexLock own(mutex_);
    waiters_.erase(place);
  }
  return ready();
}

void ManualClock::Advance(Duration duration) {
  const MutexLock own(mutex_);
  now_ += duration;
  wall_ += std::chrono::duration_cast<WallTime::duration>(duration);
  for (Waiter* waiter : waiters_) {
    if (waiter->deadline > now_) continue;
    waiter->state.wait(kCommitting);
    waiter->changed.notify_all();
  }
}

void ManualClock::ShiftWall(Duration duration) {
  const MutexLock own(mutex_);
  wall_ += std::chrono::duration_cast<WallTime::duration>(duration);
}

// Waits with a deadline no later than `last`.
int ManualClock::CountBlocked(SteadyTime last) const {
  const MutexLock own(mutex_);
  int count = 0;
  for (const Waiter* waiter : waiters_) {
    if (waiter->state.load() == kBlocked && waiter->deadline > now_ && waiter->deadline <= last) {
      ++count;
    }
  }
  return count;
}

void ManualClock::AwaitBlocked(int count) const { Await(count, SteadyTime::max()); }

void ManualClock::AwaitAsleep(int count) const { Await(count, SteadyTime::max() - Duration(1)); }

void ManualClock::Await(int count, SteadyTime last) const {
  while (true) {
    const int seen = transitions_.load();
    if (CountBlocked(last) >= count) return;
    transitions_.wait(seen);
  }
}

}  // namespace belvedere

#include "operator/base/testing/manual_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace belvedere {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ManualClockTest, StandsStillUntilAdvanced) {
  ManualClock clock;
  const SteadyTime start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(seconds(5));
  EXPECT_EQ(clock.Now() - start, seconds(5));
  EXPECT_EQ(FormatTime(clock.WallNow()), "2026-01-01T00:00:05Z");
}

TEST(ManualClockTest, ShiftWallLeavesSteadyTime) {
  ManualClock clock;
  const SteadyTime start = clock.Now();
  clock.ShiftWall(-seconds(3600));
  EXPECT_EQ(clock.Now(), start);
  EXPECT_EQ(FormatTime(clock.WallNow()), "2025-12-31T23:00:00Z");
}

TEST(ManualClockTest, WaitReturnsAtOnceWhenReadyOrPast) {
  ManualClock clock;
  Mutex mutex;
  std::condition_variable_any changed;
  MutexLock lock(mutex);
  EXPECT_TRUE(clock.Wait(lock, changed, SteadyTime::max(), {}, [] { return true; }));
  EXPECT_FALSE(clock.Wait(lock, changed, clock.Now(), {}, [] { return false; }));
}

TEST(ManualClockTest, AdvanceWakesOnlyThoseWhoseDeadlineCame) {
  ManualClock clock;
  std::atomic<int> done{0};
  std::stop_source stop;
  std::jthread early([&] {
    EXPECT_TRUE(clock.SleepFor(seconds(1), stop.get_token()));
    done += 1;
  });
  std::jthread late([&] {
    EXPECT_TRUE(clock.SleepFor(seconds(2), stop.get_token()));
    done += 10;
  });
  clock.AwaitBlocked(2);
  clock.Advance(seconds(1));
  early.join();
  clock.AwaitBlocked(1);
  EXPECT_EQ(done, 1);
  clock.Advance(seconds(1));
  late.join();
  EXPECT_EQ(done, 11);
}

TEST(ManualClockTest, StopEndsASleep) {
  ManualClock clock;
  std::jthread sleeper(
      [&](const std::stop_token& stop) { EXPECT_FALSE(clock.SleepFor(seconds(1), stop)); });
  clock.AwaitBlocked(1);
  sleeper.request_stop();
}

TEST(ManualClockTest, NotifyOfTheCallersConditionWakesUp) {
  ManualClock clock;
  Mutex mutex;
  std::condition_variable_any changed;
  bool flag = false;
  std::jthread waiter([&] {
    MutexLock lock(mutex);
    EXPECT_TRUE(clock.Wait(lock, changed, SteadyTime::max(), {}, [&] { return flag; }));
  });
  clock.AwaitBlocked(1);
  {
    const MutexLock lock(mutex);
    flag = true;
  }
  changed.notify_all();
}

TEST(ManualClockTest, AdvanceMayHoldTheWaitersLock) {
  ManualClock clock;
  Mutex mutex;
  std::condition_variable_any changed;
  std::jthread waiter([&] {
    MutexLock lock(mutex);
    EXPECT_FALSE(clock.Wait(lock, changed, clock.Now() + seconds(1), {}, [] { return false; }));
  });
  clock.AwaitBlocked(1);
  const MutexLock lock(mutex);
  clock.Advance(seconds(1));
}

// Every step must be seen by every thread: a single lost wake-up would hang here for ever.
TEST(ManualClockTest, NoWakeUpIsLostUnderContention) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 500;
  ManualClock clock;
  Mutex mutex;
  std::condition_variable_any changed;
  std::atomic<int> wakes{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      MutexLock lock(mutex);
      for (int round = 0; round < kRounds; ++round) {
        clock.Wait(lock, changed, clock.Now() + milliseconds(1), {}, [] { return false; });
        ++wakes;
      }
    });
  }
  while (wakes < kThreads * kRounds) {
    clock.Advance(milliseconds(1));
    std::this_thread::yield();
  }
  EXPECT_EQ(wakes, kThreads * kRounds);
}

TEST(ManualClockTest, NoWakeUpIsLostWhenAdvanceComesExactlyOnce) {
  constexpr int kRounds = 2000;
  ManualClock clock;
  Mutex mutex;
  std::condition_variable_any changed;
  std::atomic<int> started{0};
  std::jthread waiter([&] {
    SteadyTime deadline = clock.Now();
    for (int round = 1; round <= kRounds; ++round) {
      deadline += milliseconds(1);
      MutexLock lock(mutex);
      started = round;
      clock.Wait(lock, changed, deadline, {}, [] { return false; });
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    while (started < round) std::this_thread::yield();
    clock.Advance(milliseconds(1));
  }
}

}  // namespace
}  // namespace belvedere

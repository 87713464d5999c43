#include "operator/base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace belvedere {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

TEST(ClockTest, WritesTimesAsKubernetesDoes) {
  const WallTime time = WallTime(seconds(1767225599)) + microseconds(42);
  EXPECT_EQ(FormatTime(time), "2025-12-31T23:59:59Z");
  EXPECT_EQ(FormatMicroTime(time), "2025-12-31T23:59:59.000042Z");
}

TEST(ClockTest, ParseReadsBackWhatWasWritten) {
  const WallTime time = WallTime(seconds(1767225599)) + microseconds(123456);
  EXPECT_EQ(ParseTime(FormatMicroTime(time)), time);
  EXPECT_EQ(ParseTime(FormatTime(time)), WallTime(seconds(1767225599)));
}

TEST(ClockTest, ParseGivesTheEpochForOtherText) {
  EXPECT_EQ(ParseTime(""), WallTime{});
  EXPECT_EQ(ParseTime("yesterday"), WallTime{});
  EXPECT_EQ(ParseTime("2026-13-01T00:00:00Z"), WallTime{});
}

TEST(ClockTest, RealWaitEndsAtItsDeadline) {
  Clock& clock = RealClock();
  const SteadyTime start = clock.Now();
  EXPECT_TRUE(clock.SleepFor(std::chrono::milliseconds(1), {}));
  EXPECT_GE(clock.Now() - start, std::chrono::milliseconds(1));
}

TEST(ClockTest, StopEndsARealWait) {
  std::jthread sleeper([](const std::stop_token& stop) {
    EXPECT_FALSE(RealClock().SleepFor(hours(24), stop));
    Mutex mutex;
    std::condition_variable_any changed;
    MutexLock lock(mutex);
    EXPECT_FALSE(RealClock().Wait(lock, changed, SteadyTime::max(), stop, [] { return false; }));
  });
  sleeper.request_stop();
}

}  // namespace
}  // namespace belvedere

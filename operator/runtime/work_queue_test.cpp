#include "operator/runtime/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "operator/base/testing/manual_clock.h"

namespace belvedere::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WorkQueueTest : public testing::Test {
 protected:
  static kube::ObjectKey Key(const std::string& name) { return {"ns", name}; }

  // The next key, which must be there already.
  std::string Take() {
    EXPECT_GT(queue_.depth(), 0U);
    const auto key = queue_.Get(stop_.get_token());
    return key.has_value() ? key->name : "";
  }

  // A worker that counts the keys it is handed.
  std::jthread Count(std::atomic<int>& taken) {
    return std::jthread([this, &taken](const std::stop_token& stop) {
      while (const auto key = queue_.Get(stop)) {
        queue_.Done(*key);
        ++taken;
        taken.notify_all();
      }
    });
  }

  ManualClock clock_;
  Metrics metrics_;
  WorkQueue queue_{clock_, metrics_, {.name = "test"}};
  std::stop_source stop_;
};

TEST_F(WorkQueueTest, HoldsAKeyOnce) {
  queue_.Add(Key("a"));
  queue_.Add(Key("a"));
  EXPECT_EQ(queue_.depth(), 1U);
  EXPECT_EQ(Take(), "a");
  queue_.Done(Key("a"));
  EXPECT_TRUE(queue_.Idle(Duration::max()));
}

TEST_F(WorkQueueTest, HandsAKeyToOneWorkerAndAgainAfterDone) {
  queue_.Add(Key("a"));
  EXPECT_EQ(Take(), "a");
  queue_.Add(Key("a"));
  queue_.Add(Key("a"));
  EXPECT_EQ(queue_.depth(), 0U);
  queue_.Done(Key("a"));
  EXPECT_EQ(Take(), "a");
  queue_.Done(Key("a"));
  EXPECT_EQ(queue_.depth(), 0U);
}

TEST_F(WorkQueueTest, ChangesOvertakeResyncsInOrderOfArrival) {
  queue_.Add(Key("r1"), Priority::kResync);
  queue_.Add(Key("r2"), Priority::kResync);
  queue_.Add(Key("c1"));
  queue_.Add(Key("c2"));
  queue_.Add(Key("r2"));  // raised
  EXPECT_EQ(Take(), "r2");
  EXPECT_EQ(Take(), "c1");
  EXPECT_EQ(Take(), "c2");
  EXPECT_EQ(Take(), "r1");
}

TEST_F(WorkQueueTest, EarlierOfTwoDelaysCounts) {
  queue_.AddAfter(Key("a"), seconds(10));
  queue_.AddAfter(Key("a"), seconds(5));
  queue_.AddAfter(Key("a"), seconds(20));
  std::atomic<int> taken{0};
  const std::jthread worker = Count(taken);
  clock_.AwaitBlocked(1);
  clock_.Advance(milliseconds(4999));
  EXPECT_EQ(taken, 0);
  clock_.Advance(milliseconds(1));
  taken.wait(0);
  EXPECT_EQ(taken, 1);
  EXPECT_TRUE(queue_.Idle(seconds(3600)));
}

TEST_F(WorkQueueTest, AWorkerThatWaitsForNothingHearsOfADelay) {
  std::atomic<int> taken{0};
  const std::jthread worker = Count(taken);
  clock_.AwaitBlocked(1);
  queue_.AddAfter(Key("a"), seconds(1), Priority::kProgress);
  while (taken == 0) clock_.Advance(seconds(1));
  EXPECT_EQ(taken, 1);
}

TEST_F(WorkQueueTest, TakingAKeyMakesItsDelayVoid) {
  queue_.AddAfter(Key("a"), seconds(5));
  queue_.Add(Key("a"));
  EXPECT_EQ(Take(), "a");
  queue_.Done(Key("a"));
  EXPECT_TRUE(queue_.Idle(seconds(3600)));
}

TEST_F(WorkQueueTest, ProgressWaitsForChangesUnlessAChangeJoinsIt) {
  queue_.AddAfter(Key("progress"), seconds(1), Priority::kProgress);
  queue_.AddAfter(Key("both"), seconds(2), Priority::kProgress);
  queue_.AddAfter(Key("both"), seconds(5));
  clock_.Advance(seconds(3));
  queue_.Add(Key("change"));
  EXPECT_EQ(Take(), "change");
  EXPECT_EQ(Take(), "both");
  EXPECT_EQ(Take(), "progress");
}

TEST_F(WorkQueueTest, BackoffDoublesUpToItsMaximumAndForgetResets) {
  const auto delay_of_next = [this] {
    queue_.AddBackoff(Key("a"));
    Duration step = milliseconds(1);
    Duration waited{};
    while (queue_.Idle(step)) {
      clock_.Advance(step);
      waited += step;
      if (waited > seconds(20)) step = seconds(1);
    }
    clock_.Advance(step);
    EXPECT_EQ(queue_.Get(stop_.get_token()), Key("a"));
    queue_.Done(Key("a"));
    return waited + step;
  };
  Duration before = delay_of_next();
  EXPECT_LE(before, milliseconds(7));
  for (int i = 0; i < 20; ++i) {
    const Duration now = delay_of_next();
    EXPECT_LE(now, seconds(362));
    EXPECT_GE(now, std::min<Duration>(before * 3 / 2, seconds(300)));
    before = now;
  }
  EXPECT_GE(before, seconds(300));
  queue_.Forget(Key("a"));
  EXPECT_LE(delay_of_next(), milliseconds(7));
}

TEST_F(WorkQueueTest, StopEndsAWaitingGet) {
  std::jthread worker([this](const std::stop_token& stop) { EXPECT_FALSE(queue_.Get(stop)); });
  worker.request_stop();
  worker.join();
}

TEST_F(WorkQueueTest, MeasuresWorkInHand) {
  queue_.Add(Key("a"));
  Take();
  clock_.Advance(seconds(3));
  queue_.UpdateMetrics();
  EXPECT_EQ(metrics_.GetGauge("workqueue_unfinished_work_seconds", "", {{"name", "test"}}).value(),
            3);
  queue_.Done(Key("a"));
  queue_.UpdateMetrics();
  EXPECT_EQ(metrics_.GetGauge("workqueue_unfinished_work_seconds", "", {{"name", "test"}}).value(),
            0);
}

TEST_F(WorkQueueTest, NoKeyIsLostOrSharedBetweenWorkers) {
  constexpr int kKeys = 50;
  std::vector<std::atomic<int>> in_hand(kKeys);
  std::vector<std::atomic<int>> wanted(kKeys);
  std::vector<std::atomic<int>> seen(kKeys);
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&](const std::stop_token& stop) {
        while (const auto key = queue_.Get(stop)) {
          const auto index = static_cast<std::size_t>(std::stoi(key->name));
          EXPECT_EQ(in_hand[index].fetch_add(1), 0);
          seen[index] = wanted[index].load();
          in_hand[index].fetch_sub(1);
          queue_.Done(*key);
        }
      });
    }
    for (int round = 1; round <= 200; ++round) {
      for (int key = 0; key < kKeys; ++key) {
        wanted[static_cast<std::size_t>(key)] = round;
        queue_.Add(Key(std::to_string(key)));
      }
    }
    while (!queue_.Idle(Duration::max())) std::this_thread::yield();
  }
  for (std::size_t key = 0; key < kKeys; ++key) EXPECT_EQ(seen[key], 200);
}

}  // namespace
}  // namespace belvedere::runtime

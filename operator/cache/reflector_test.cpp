#include "operator/cache/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::cache {
namespace {

using kube::Fault;
using kube::types::kConfigMap;
using std::chrono::minutes;
using std::chrono::seconds;

// Remembers names and data, and lets the test wait for a state.
class RecordingSink final : public Sink {
 public:
  kube::WatchOptions::Novelty NoveltyOf(const kube::ObjectKey& key,
                                        std::uint64_t /*resource_version*/) const override {
    const MutexLock lock(mutex_);
    using What = kube::WatchOptions::Novelty::What;
    return {.what = known_.contains(key) ? What::kKnown : What::kNew};
  }
  void Upsert(Json object) override {
    const std::string value = StringAt(object, "/data/value");
    if (value == "poison") throw std::runtime_error("cannot decode");
    Change([&] { values_[kube::KeyOf(object)] = value; });
  }
  void Delete(const Json& object) override {
    Change([&] { values_.erase(kube::KeyOf(object)); });
  }
  void Prune(const std::set<kube::ObjectKey>& seen, std::uint64_t /*version*/) override {
    Change([&] {
      ++prunes_;
      std::erase_if(values_, [&seen](const auto& entry) { return !seen.contains(entry.first); });
    });
  }

  // As if `key` were held at the newest version, with `value`.
  void Know(const kube::ObjectKey& key, const std::string& value) {
    const MutexLock lock(mutex_);
    known_.insert(key);
    values_[key] = value;
  }

  std::map<std::string, std::string> Values() {
    const MutexLock lock(mutex_);
    return ValuesLocked();
  }
  void Await(const std::map<std::string, std::string>& wanted) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&] { return ValuesLocked() == wanted; });
  }
  void AwaitPrunes(int count) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&] { return prunes_ >= count; });
  }
  int prunes() {
    const MutexLock lock(mutex_);
    return prunes_;
  }

 private:
  template <typename Work>
  void Change(const Work& work) {
    const MutexLock lock(mutex_);
    work();
    changed_.notify_all();
  }
  std::map<std::string, std::string> ValuesLocked() REQUIRES(mutex_) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : values_) result.emplace(key.name, value);
    return result;
  }

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::set<kube::ObjectKey> known_ GUARDED_BY(mutex_);
  std::map<kube::ObjectKey, std::string> values_ GUARDED_BY(mutex_);
  int prunes_ GUARDED_BY(mutex_) = 0;
};

class ReflectorTest : public testing::Test {
 protected:
  using Values = std::map<std::string, std::string>;

  void Start() {
    thread_ = std::jthread([this](std::stop_token stop) { reflector_.Run(std::move(stop)); });
  }
  static kube::ResourceRef Ref(const std::string& name) { return {kConfigMap, {"ns", name}}; }
  void Put(const std::string& name, const std::string& value,
           const std::string& managed_by = "belvedere") {
    server_.EditAs(
        "someone", Ref(name),
        {{"metadata", {{"labels", {{"managed-by", managed_by}}}}}, {"data", {{"value", value}}}});
  }
  int Requests(const std::string& verb) {
    int count = 0;
    for (const auto& request : server_.Requests()) count += request.verb == verb ? 1 : 0;
    return count;
  }
  // Waits for the reflector to sleep after a fault, then lets the longest backoff pass.
  void PassBackoff() {
    clock_.AwaitBlocked(1);
    clock_.Advance(seconds(61));
  }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = kube::MakeRestClient(server_, clock_, metrics_);
  RecordingSink sink_;
  Reflector reflector_{*client_, clock_, metrics_, {kConfigMap, "", "managed-by=belvedere"}, sink_};
  std::jthread thread_;
};

TEST_F(ReflectorTest, WhatIsKnownIsNeitherDecodedNorPruned) {
  Put("a", "1");
  Put("b", "2");
  Start();
  sink_.Await({{"a", "1"}, {"b", "2"}});
  server_.AwaitWatches(kConfigMap, 1);
  sink_.Know({"ns", "b"}, "mine");
  server_.SendWatchError(kConfigMap, 410, "Expired");
  PassBackoff();
  sink_.AwaitPrunes(1);
  EXPECT_EQ(sink_.Values(), (Values{{"a", "1"}, {"b", "mine"}}));
  Put("b", "3");
  Put("a", "4");
  sink_.Await({{"a", "4"}, {"b", "mine"}});
}

TEST_F(ReflectorTest, ListsAndFollows) {
  Put("a", "1");
  Put("other", "1", "somebody");
  EXPECT_FALSE(reflector_.HasSynced());
  Start();
  sink_.Await({{"a", "1"}});
  Put("b", "2");
  Put("a", "3");
  sink_.Await({{"a", "3"}, {"b", "2"}});
  EXPECT_TRUE(reflector_.HasSynced());
  server_.Remove(Ref("a"));
  sink_.Await({{"b", "2"}});
  EXPECT_EQ(sink_.prunes(), 0) << "nothing was there before the first list";
  EXPECT_EQ(Requests("list"), 0) << "one streaming list and nothing else";
}

TEST_F(ReflectorTest, ListsByPagesWhereStreamingIsRefused) {
  for (int i = 0; i < 7; ++i) Put("a" + std::to_string(i), "1");
  server_.InjectFault({.verb = "watch"}, Fault{.status = 422, .reason = "Invalid"});
  Start();
  server_.AwaitWatches(kConfigMap, 1);
  EXPECT_EQ(sink_.Values().size(), 7U);
  EXPECT_EQ(Requests("list"), 1);
  Put("b", "2");
  sink_.Await({{"a0", "1"},
               {"a1", "1"},
               {"a2", "1"},
               {"a3", "1"},
               {"a4", "1"},
               {"a5", "1"},
               {"a6", "1"},
               {"b", "2"}});
}

TEST_F(ReflectorTest, GoesOnFromTheLastVersionWhenTheServerEndsTheWatch) {
  Put("a", "1");
  Start();
  sink_.Await({{"a", "1"}});
  server_.AwaitWatches(kConfigMap, 1);
  server_.EndWatches(kube::WatchEnd::kServerTimeout);
  Put("b", "2");
  sink_.Await({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(sink_.prunes(), 0) << "no second full list";
}

TEST_F(ReflectorTest, ResetWatchBacksOffAndGoesOn) {
  Put("a", "1");
  Start();
  sink_.Await({{"a", "1"}});
  server_.AwaitWatches(kConfigMap, 1);
  server_.EndWatches(kube::WatchEnd::kReset);
  Put("b", "2");
  PassBackoff();
  sink_.Await({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(sink_.prunes(), 0);
}

TEST_F(ReflectorTest, GoneListsAgainAndForgetsWhatVanishedMeanwhile) {
  Put("a", "1");
  Put("b", "1");
  Start();
  sink_.Await({{"a", "1"}, {"b", "1"}});
  server_.AwaitWatches(kConfigMap, 1);
  // Ends the watch first, so that the deletion is never seen as an event.
  server_.InjectFault({.verb = "watch"}, Fault{.status = 500, .reason = "InternalError"});
  server_.EndWatches(kube::WatchEnd::kReset);
  server_.Remove(Ref("a"));
  server_.Compact();
  Put("c", "1");
  for (int i = 0; i < 3; ++i) PassBackoff();
  sink_.Await({{"b", "1"}, {"c", "1"}});
  sink_.AwaitPrunes(1);
}

TEST_F(ReflectorTest, ErrorEventGoneListsAgain) {
  Put("a", "1");
  Start();
  sink_.Await({{"a", "1"}});
  server_.AwaitWatches(kConfigMap, 1);
  server_.SendWatchError(kConfigMap, 410, "Expired");
  PassBackoff();
  Put("b", "1");
  sink_.Await({{"a", "1"}, {"b", "1"}});
  sink_.AwaitPrunes(1);  // the list that follows
}

TEST_F(ReflectorTest, OneBadObjectDoesNotEndTheWatch) {
  Put("a", "poison");
  Start();
  server_.AwaitWatches(kConfigMap, 1);
  Put("b", "2");
  Put("a", "3");
  sink_.Await({{"a", "3"}, {"b", "2"}});
}

TEST_F(ReflectorTest, SurvivesAnOutageOfMinutes) {
  Put("a", "1");
  Start();
  sink_.Await({{"a", "1"}});
  server_.AwaitWatches(kConfigMap, 1);
  server_.InjectFault({}, Fault{.count = 12, .error = ErrorCode::kTransport});
  server_.EndWatches(kube::WatchEnd::kReset);
  for (int i = 0; i < 12; ++i) PassBackoff();
  Put("b", "2");
  PassBackoff();
  sink_.Await({{"a", "1"}, {"b", "2"}});
}

TEST_F(ReflectorTest, StopEndsAnIdleWatch) {
  Start();
  server_.AwaitWatches(kConfigMap, 1);
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(server_.WatchCount(kConfigMap), 0);
}

TEST(Backoff, DoublesWithJitterAndStartsOverAfterQuiet) {
  Backoff backoff{BackoffOptions{}};
  SteadyTime now{};
  Duration base = std::chrono::milliseconds(800);
  for (int i = 0; i < 10; ++i) {
    const Duration delay = backoff.Next(now);
    EXPECT_GE(delay, base);
    EXPECT_LE(delay, 2 * base);
    now += delay;
    base = std::min<Duration>(base * 2, seconds(30));
  }
  now += minutes(3);
  EXPECT_LE(backoff.Next(now), std::chrono::milliseconds(1600));
}

}  // namespace
}  // namespace belvedere::cache

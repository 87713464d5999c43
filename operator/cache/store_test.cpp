#include "operator/cache/store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "operator/base/testing/manual_clock.h"

namespace belvedere::cache {
namespace {

struct Thing {
  std::string key;
  std::uint64_t resource_version = 0;
  std::string owner;
};
const std::string& KeyOf(const Thing& thing) { return thing.key; }
using ThingStore = Store<std::string, Thing>;

ThingStore MakeStore() {
  return ThingStore([](const Thing& thing) { return thing.owner; });
}

TEST(Store, NewestVersionWins) {
  ThingStore store = MakeStore();
  EXPECT_EQ(store.Put({"a", 5, "x"}).after->owner, "x");
  EXPECT_EQ(store.Put({"a", 4, "old"}).after, nullptr);
  EXPECT_EQ(store.Put({"a", 5, "same"}).after, nullptr);
  const auto change = store.Put({"a", 6, "new"});
  EXPECT_EQ(change.before->owner, "x");
  EXPECT_EQ(store.Find("a")->owner, "new");
  EXPECT_EQ(store.Find("a")->resource_version, 6U);
  EXPECT_EQ(store.Find("b"), nullptr);
}

TEST(Store, IndexFollowsTheItems) {
  ThingStore store = MakeStore();
  store.Put({"a", 1, "x"});
  store.Put({"b", 2, "x"});
  store.Put({"c", 3, ""});
  EXPECT_EQ(store.ByIndex("x").size(), 2U);
  EXPECT_TRUE(store.ByIndex("").empty());
  store.Put({"a", 4, "y"});
  EXPECT_EQ(store.ByIndex("x").size(), 1U);
  EXPECT_EQ(store.ByIndex("y").size(), 1U);
  EXPECT_NE(store.Remove("b", 5), nullptr);
  EXPECT_TRUE(store.ByIndex("x").empty());
  store.Put({"a", 6, "y"});
  EXPECT_EQ(store.ByIndex("y").front()->resource_version, 6U) << "of the same value, a newer one";
  store.Put({"c", 7, "y"});
  EXPECT_EQ(store.ByIndex("y").size(), 2U);
  store.Put({"a", 8, ""});
  EXPECT_EQ(store.ByIndex("y").front()->key, "c");
}

TEST(Store, RemovalDoesNotTouchWhatIsNewer) {
  ThingStore store = MakeStore();
  store.Put({"a", 5, "x"});
  EXPECT_EQ(store.Remove("a", 4), nullptr);
  EXPECT_NE(store.Find("a"), nullptr);
  EXPECT_NE(store.Remove("a", 5), nullptr);
}

TEST(Store, LateAnswerDoesNotRaiseTheDead) {
  ThingStore store = MakeStore();
  store.Put({"a", 5, "x"});
  store.Remove("a", 8);
  EXPECT_EQ(store.Put({"a", 7, "late"}).after, nullptr);
  EXPECT_EQ(store.Find("a"), nullptr);
  EXPECT_NE(store.Put({"a", 9, "made again"}).after, nullptr);
}

// A reader on a thread of its own that asks for version 5 of "a".
class SettledReader {
 public:
  SettledReader(ThingStore& store, ManualClock& clock)
      : thread_([this, &store, &clock] { found_ = store.FindSettled("a", 5, clock); }) {}

  ThingStore::Item Found() {
    thread_.join();
    return found_;
  }

 private:
  ThingStore::Item found_;
  std::jthread thread_;
};

TEST(Store, WhatIsExpectedIsWaitedFor) {
  ManualClock clock;
  ThingStore store = MakeStore();
  store.Put({"a", 4, "old"});
  EXPECT_EQ(store.FindSettled("a", 5, clock)->owner, "old") << "nobody writes it";
  const auto expectation = store.Expect("a");
  EXPECT_EQ(store.FindSettled("a", 4, clock)->owner, "old") << "it is there";
  EXPECT_EQ(store.FindSettled("b", 5, clock), nullptr) << "another one is written";
  SettledReader reader(store, clock);
  clock.AwaitBlocked(1);
  store.Put({"b", 9, "another"});
  clock.AwaitBlocked(1);
  store.Put({"a", 5, "answer"});
  EXPECT_EQ(reader.Found()->owner, "answer");
}

TEST(Store, TheWaitEndsWithTheExpectation) {
  ManualClock clock;
  ThingStore store = MakeStore();
  auto expectation = std::make_unique<ThingStore::Expectation>(store, "a");
  SettledReader reader(store, clock);
  clock.AwaitBlocked(1);
  expectation.reset();
  EXPECT_EQ(reader.Found(), nullptr);
}

TEST(Store, AnAnswerThatDoesNotComeIsNotWaitedForLong) {
  ManualClock clock;
  ThingStore store = MakeStore();
  store.Put({"a", 4, "old"});
  const auto expectation = store.Expect("a");
  SettledReader reader(store, clock);
  clock.AwaitBlocked(1);
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(reader.Found()->owner, "old");
}

TEST(Store, RemoveIfKeepsWhatIsNewerThanTheList) {
  ThingStore store = MakeStore();
  store.Put({"gone", 5, "x"});
  store.Put({"there", 6, "x"});
  store.Put({"written meanwhile", 20, "x"});
  const auto gone = store.RemoveIf([](const std::string& key) { return key != "there"; }, 10);
  EXPECT_EQ(gone.size(), 1U);
  EXPECT_EQ(store.Keys(), (std::vector<std::string>{"there", "written meanwhile"}));
  EXPECT_EQ(store.ByIndex("x").size(), 2U);
}

TEST(Store, GravesAreBounded) {
  ThingStore store = MakeStore();
  for (int i = 0; i < 5000; ++i) store.Remove(std::to_string(i), 10);
  EXPECT_NE(store.Put({"0", 5, "x"}).after, nullptr) << "forgotten long ago";
  EXPECT_EQ(store.Put({"4999", 5, "x"}).after, nullptr);
}

TEST(Store, ItemsOutliveTheirPlace) {
  ThingStore store = MakeStore();
  store.Put({"a", 1, "x"});
  const auto held = store.Find("a");
  store.Remove("a", 1);
  EXPECT_EQ(held->owner, "x");
}

TEST(Store, ManyThreads) {
  constexpr int kThreads = 4;
  ThingStore store = MakeStore();
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&store, thread] {
        for (std::uint64_t i = 1; i < 500; ++i) {
          const std::string key = std::to_string(i % 17);
          store.Put({key, i * 4 + static_cast<std::uint64_t>(thread), std::to_string(i % 3)});
          store.ByIndex("1");
          if (i % 50 == 0) store.Remove(key, i);
        }
      });
    }
  }
  std::size_t indexed = 0;
  for (const char* owner : {"0", "1", "2"}) indexed += store.ByIndex(owner).size();
  EXPECT_EQ(indexed, store.size());
}

}  // namespace
}  // namespace belvedere::cache

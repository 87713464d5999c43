#include "operator/runtime/plan_memo.h"

#include <gtest/gtest.h>

namespace belvedere::runtime {
namespace {

cache::Child MakeChild(const std::string& uid, std::uint64_t owned_hash) {
  cache::Child child;
  child.uid = uid;
  child.owner_uid = "owner";
  child.owned_hash = owned_hash;
  return child;
}

TEST(StateOf, ChangesWithWhatCallsForAWriteAndWithNothingElse) {
  const cache::Child child = MakeChild("u1", 7);
  cache::Child grown = child;
  grown.resource_version = 9;
  grown.rollout = cache::Rollout{.ready = 3};
  EXPECT_EQ(StateOf(child), StateOf(grown));

  cache::Child drifted = child;
  drifted.owned_hash = 8;
  cache::Child going = child;
  going.deleting = true;
  cache::Child another = child;
  another.uid = "u2";
  cache::Child stolen = child;
  stolen.owner_uid = "thief";
  for (const cache::Child& changed : {drifted, going, another, stolen}) {
    EXPECT_NE(StateOf(child), StateOf(changed));
  }
}

TEST(StateOf, OfManyIsTheirSumInAnyOrder) {
  const auto one = std::make_shared<const cache::Child>(MakeChild("u1", 1));
  const auto two = std::make_shared<const cache::Child>(MakeChild("u2", 2));
  const std::vector forward{one, two};
  const std::vector backward{two, one};
  const std::vector alone{one};
  EXPECT_EQ(StateOf(forward), StateOf(backward));
  EXPECT_EQ(StateOf(forward), StateOf(*one) + StateOf(*two));
  EXPECT_NE(StateOf(forward), StateOf(alone));
}

TEST(PlanMemo, GivesThePlanBackForItsBasisOnly) {
  const kube::ObjectKey key{.ns = "ns", .name = "a"};
  const PlanMemo::Basis basis{.uid = "u", .inputs = 1, .children = 5};
  PlanMemo memo;
  EXPECT_EQ(memo.Find(key, basis), nullptr);
  const auto plan = std::make_shared<const Plan>();
  memo.Put(key, basis, plan);
  EXPECT_EQ(memo.Find(key, basis), plan);
  EXPECT_EQ(memo.Find(key, {.uid = "other", .inputs = 1, .children = 5}), nullptr);
  EXPECT_EQ(memo.Find(key, {.uid = "u", .inputs = 2, .children = 5}), nullptr);
  EXPECT_EQ(memo.Find(key, {.uid = "u", .inputs = 1, .children = 6}), nullptr);
  memo.Erase(key);
  EXPECT_EQ(memo.Find(key, basis), nullptr);
  memo.Put(key, basis, plan);
  memo.Clear();
  EXPECT_EQ(memo.Find(key, basis), nullptr);
}

}  // namespace
}  // namespace belvedere::runtime

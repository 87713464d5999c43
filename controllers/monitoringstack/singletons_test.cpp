#include "controllers/monitoringstack/singletons.h"

#include <gtest/gtest.h>

#include <set>

#include "controllers/monitoringstack/testing/stacks.h"

namespace belvedere::monitoringstack {
namespace {

using testing::ChildOf;
using testing::MakeStack;
using testing::PrimaryPtr;

constexpr const char* kNoNodes = "targets: {nodes: {state: Disabled}}";

class Singletons : public ::testing::Test {
 protected:
  // Whether the plan of `stack` holds the DaemonSet of node-exporter.
  bool Writes(const PrimaryPtr& stack) const {
    for (const runtime::Intent& intent : testing::PlanOf(stack, world_).intents) {
      if (intent.type == kube::types::kDaemonSet) return true;
    }
    return false;
  }

  PrimaryPtr Add(const std::string& ns, const std::string& spec, const std::string& year) {
    world_.peers.push_back(MakeStack(ns, "main", spec, year + "-01-01T00:00:00Z"));
    return world_.peers.back();
  }

  void HeldBy(const PrimaryPtr& stack) {
    world_.shared = {
        ChildOf({kube::types::kDaemonSet, {.ns = "belvedere-node", .name = "node-exporter"}},
                stack->uid, {})};
  }

  runtime::World world_;
};

TEST_F(Singletons, BelongToTheOldestThatAsks) {
  const auto younger = Add("a", "{}", "2026");
  const auto older = Add("b", "{}", "2025");
  Add("c", kNoNodes, "2024");
  Add("d", "metrics: {replicas: 99}", "2023");
  Add("e", "managementState: Paused", "2022");
  EXPECT_TRUE(Writes(older));
  EXPECT_FALSE(Writes(younger));
}

TEST_F(Singletons, AreDecidedByUidWhereTheAgeIsEqual) {
  const auto first = Add("a", "{}", "2026");
  const auto second = Add("b", "{}", "2026");
  EXPECT_TRUE(Writes(first));
  EXPECT_FALSE(Writes(second));
}

TEST_F(Singletons, StayWithTheirHolderWhileAnybodyAsks) {
  const auto asking = Add("a", "{}", "2026");
  const auto holder = Add("b", kNoNodes, "2025");
  HeldBy(holder);
  EXPECT_TRUE(Writes(holder));
  EXPECT_FALSE(Writes(asking));
}

TEST_F(Singletons, GoWhenNobodyAsks) {
  const auto holder = Add("a", kNoNodes, "2025");
  HeldBy(holder);
  EXPECT_FALSE(Writes(holder));
}

TEST_F(Singletons, PassOnWhenTheirHolderIsGone) {
  const auto older = Add("a", "{}", "2025");
  const auto younger = Add("b", "{}", "2026");
  HeldBy(MakeStack("gone", "main", "{}"));
  EXPECT_TRUE(Writes(older));
  EXPECT_FALSE(Writes(younger));
}

TEST_F(Singletons, HaveTheOldestThatAsksForAnHeir) {
  const auto younger = Add("a", "{}", "2026");
  const auto older = Add("b", "{}", "2025");
  Add("c", kNoNodes, "2024");
  const MonitoringStackKind kind{operands::ImageTable()};
  HeldBy(MakeStack("gone", "main", "{}"));
  EXPECT_EQ(kind.Heir(*world_.shared[0], world_.peers), older);
  const auto other = ChildOf({kube::types::kConfigMap, {.ns = "x", .name = "y"}}, "gone", {});
  EXPECT_EQ(kind.Heir(*other, world_.peers), nullptr);
}

// The heir must find every object, and none may restart pods.
TEST_F(Singletons, RenderExactlyTheObjectsTheyAreKnownBy) {
  const Spec spec = ParseSpec(Json::object()).value();
  const operands::ImageTable images;
  const operands::StackRef stack{.ns = "ns", .name = "s"};
  const operands::StackRef heir{.ns = "other", .name = "t"};
  for (const operands::Operand& operand : operands::Operands()) {
    if (operand.sharing != operands::Sharing::kSingleton) continue;
    const auto mine = operand.render({stack, spec, images}).value();
    const auto theirs = operand.render({heir, spec, images}).value();
    std::set<kube::ResourceRef> rendered;
    for (std::size_t i = 0; i < mine.intents.size(); ++i) {
      rendered.insert({mine.intents[i].type, kube::KeyOf(mine.intents[i].object)});
      EXPECT_EQ(mine.intents[i].object, theirs.intents[i].object);
    }
    const auto known = operand.singleton_objects();
    EXPECT_EQ(rendered, std::set<kube::ResourceRef>(known.begin(), known.end()));
    EXPECT_TRUE(rendered.contains(operand.workload(stack)));
  }
}

}  // namespace
}  // namespace belvedere::monitoringstack

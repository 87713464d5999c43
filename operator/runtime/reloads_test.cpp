#include "operator/runtime/reloads.h"

#include <gtest/gtest.h>

namespace belvedere::runtime {
namespace {

std::shared_ptr<const cache::Pod> MakePod(const std::string& component, const std::string& ip) {
  cache::Pod pod;
  pod.key = {.ns = "ns", .name = component + "-0"};
  pod.uid = "uid-" + component;
  pod.component = component;
  pod.ip = ip;
  return std::make_shared<const cache::Pod>(pod);
}

Plan PlanWith(const std::string& component, const std::string& wanted) {
  Plan plan;
  plan.components.push_back({.name = component, .wanted = wanted, .agent_port = 8081});
  return plan;
}

TEST(ReloadTargets, AreThePodsOfComponentsThatReload) {
  World world;
  world.pods = {MakePod("a", "10.0.0.1"), MakePod("b", "10.0.0.2")};
  const auto targets = ReloadTargets(PlanWith("a", "h1"), world);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].pod.name, "a-0");
  EXPECT_EQ(targets[0].agent_url, "http://10.0.0.1:8081");
  EXPECT_EQ(targets[0].wanted, "h1");
  EXPECT_TRUE(ReloadTargets(PlanWith("a", ""), world).empty());
}

TEST(ReloadTargets, HaveNoUrlWithoutAnAddressAndBracketsAroundSix) {
  World world;
  world.pods = {MakePod("a", "")};
  EXPECT_EQ(ReloadTargets(PlanWith("a", "h1"), world)[0].agent_url, "");
  world.pods = {MakePod("a", "fd00::1")};
  EXPECT_EQ(ReloadTargets(PlanWith("a", "h1"), world)[0].agent_url, "http://[fd00::1]:8081");
}

TEST(NeedsWord, OnlyWhereAPodIsKnownToSeeAnotherConfig) {
  World world;
  world.pods = {MakePod("a", "10.0.0.1")};
  const ReloadTarget target = ReloadTargets(PlanWith("a", "h2"), world)[0];
  EXPECT_FALSE(NeedsWord(target, world)) << "it has just started and mounts the newest";
  world.agents["uid-a"] = {.loaded = "h1", .wanted = "h1", .error = ""};
  EXPECT_TRUE(NeedsWord(target, world));
  world.agents["uid-a"].wanted = "h2";
  EXPECT_FALSE(NeedsWord(target, world));

  cache::Pod told = *world.pods[0];
  told.annotations[kWantedConfigAnnotation] = "h1";
  world.pods[0] = std::make_shared<const cache::Pod>(told);
  EXPECT_TRUE(NeedsWord(target, world));
  told.annotations[kWantedConfigAnnotation] = "h2";
  world.pods[0] = std::make_shared<const cache::Pod>(told);
  EXPECT_FALSE(NeedsWord(target, world));
}

}  // namespace
}  // namespace belvedere::runtime

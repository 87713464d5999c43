#include "controllers/operands/restart.h"

#include <gtest/gtest.h>

#include "operator/cache/projection.h"

namespace belvedere::operands {
namespace {

const kube::ResourceRef kWorkload{kube::types::kStatefulSet, {.ns = "ns", .name = "w"}};
const RestartTarget kTarget{.component = "c", .workload = kWorkload, .owner_uid = "u"};

const RestartConfig& Old() {
  static const RestartConfig kConfig = MakeRestartConfig("w", {{"k", "old"}});
  return kConfig;
}
const RestartConfig& New() {
  static const RestartConfig kConfig = MakeRestartConfig("w", {{"k", "new"}});
  return kConfig;
}

void AddConfigMap(const std::string& name, const std::string& owner, runtime::World& world) {
  cache::Child child;
  child.ref = {kube::types::kConfigMap, {.ns = "ns", .name = name}};
  child.owner_uid = owner;
  world.children.push_back(std::make_shared<const cache::Child>(child));
}

void AddWorkload(const cache::Rollout& rollout, runtime::World& world) {
  cache::Child child;
  child.ref = kWorkload;
  child.owner_uid = "u";
  child.rollout = rollout;
  world.children.push_back(std::make_shared<const cache::Child>(child));
}

enum class Leaving { kNo, kYes };
void AddPod(const RestartConfig& config, Leaving leaving, runtime::World& world) {
  cache::Pod pod;
  pod.key = {.ns = "ns", .name = "w-0"};
  pod.component = "c";
  pod.ready = leaving == Leaving::kNo;
  pod.deleting = leaving == Leaving::kYes;
  pod.annotations[kChecksumAnnotation] = config.checksum;
  world.pods.push_back(std::make_shared<const cache::Pod>(pod));
}

constexpr cache::Rollout kDone{
    .generation = 2, .observed_generation = 2, .desired = 1, .updated = 1, .ready = 1};
constexpr cache::Rollout kUnseen{
    .generation = 3, .observed_generation = 2, .desired = 1, .updated = 1, .ready = 1};

runtime::World WithBothConfigs(const cache::Rollout& rollout) {
  runtime::World world;
  AddConfigMap(ConfigMapName(Old()), "u", world);
  AddConfigMap(ConfigMapName(New()), "u", world);
  AddWorkload(rollout, world);
  return world;
}

std::vector<kube::ResourceRef> JustTheOld() {
  return {{kube::types::kConfigMap, {.ns = "ns", .name = ConfigMapName(Old())}}};
}

TEST(MakeRestartConfig, NamesTheConfigMapByContent) {
  EXPECT_EQ(ConfigMapName(Old()).size(), std::string("w-0123456789").size());
  EXPECT_NE(Old().checksum, New().checksum);
  EXPECT_EQ(MakeRestartConfig("w", {{"k", "old"}}).checksum, Old().checksum);
  // Moving a byte from the key to the value is another config.
  EXPECT_NE(MakeRestartConfig("w", {{"ko", "ld"}}).checksum, Old().checksum);
}

TEST(MakeImmutableConfigMap, CannotBeChanged) {
  const runtime::Intent intent = MakeImmutableConfigMap("ns", Old(), {{"k", "old"}},
                                                        IdentityOf({.ns = "ns", .name = "s"}, "c"));
  EXPECT_EQ(intent.object["immutable"], true);
  EXPECT_EQ(intent.object["metadata"]["name"], ConfigMapName(Old()));
}

TEST(StillNeeded, KeepsTheOldConfigWhileAPodRunsIt) {
  runtime::World world = WithBothConfigs(kDone);
  AddPod(Old(), Leaving::kNo, world);
  EXPECT_EQ(StillNeeded(New(), kTarget, world), JustTheOld());
}

TEST(StillNeeded, KeepsTheOldConfigWhileAPodThatRanItGoes) {
  runtime::World world = WithBothConfigs(kDone);
  AddPod(New(), Leaving::kNo, world);
  AddPod(Old(), Leaving::kYes, world);
  EXPECT_EQ(StillNeeded(New(), kTarget, world), JustTheOld());
}

TEST(StillNeeded, KeepsTheOldConfigUntilTheRolloutIsSeenAndDone) {
  runtime::World world = WithBothConfigs(kUnseen);
  AddPod(New(), Leaving::kNo, world);
  EXPECT_EQ(StillNeeded(New(), kTarget, world), JustTheOld());
  world.children.pop_back();  // not even a workload: nobody knows what its revisions need
  EXPECT_EQ(StillNeeded(New(), kTarget, world), JustTheOld());
}

TEST(StillNeeded, LetsGoWhenAllRunTheNewOne) {
  runtime::World world = WithBothConfigs(kDone);
  AddPod(New(), Leaving::kNo, world);
  EXPECT_TRUE(StillNeeded(New(), kTarget, world).empty());
}

TEST(StillNeeded, LeavesOtherConfigMapsAlone) {
  runtime::World world = WithBothConfigs(kUnseen);
  AddConfigMap("w", "u", world);
  AddConfigMap("w-not-a-hash", "u", world);
  AddConfigMap("v-0123456789", "u", world);
  AddConfigMap("w-0123456789", "somebody else", world);
  EXPECT_EQ(StillNeeded(New(), kTarget, world), JustTheOld());
}

runtime::ComponentPlan ComponentWith(const RestartConfig& config) {
  return {.name = "c", .workload = kWorkload, .checksum = config.checksum};
}

TEST(NotRestarted, NamesThePodThatRunsAnotherConfig) {
  runtime::World world;
  AddWorkload(kDone, world);
  AddPod(Old(), Leaving::kNo, world);
  EXPECT_EQ(NotRestarted(ComponentWith(Old()), world), std::nullopt);
  const std::string missing = NotRestarted(ComponentWith(New()), world).value_or("");
  EXPECT_NE(missing.find("w-0"), std::string::npos);
}

TEST(NotRestarted, IsNotTakenInByAWorkloadWithoutPods) {
  runtime::World world;
  EXPECT_NE(NotRestarted(ComponentWith(New()), world), std::nullopt) << "it is not there yet";
  AddWorkload(kDone, world);
  EXPECT_NE(NotRestarted(ComponentWith(New()), world), std::nullopt) << "the old pod has gone";
  AddPod(New(), Leaving::kYes, world);
  EXPECT_NE(NotRestarted(ComponentWith(New()), world), std::nullopt);
}

TEST(NotRestarted, WaitsUntilTheRolloutIsSeen) {
  runtime::World world;
  AddWorkload(kUnseen, world);
  AddPod(New(), Leaving::kNo, world);
  EXPECT_NE(NotRestarted(ComponentWith(New()), world), std::nullopt);
}

TEST(NotRestarted, AsksForNoPodWhereNoneIsWanted) {
  runtime::World world;
  AddWorkload({.generation = 1, .observed_generation = 1}, world);
  EXPECT_EQ(NotRestarted(ComponentWith(New()), world), std::nullopt);
}

}  // namespace
}  // namespace belvedere::operands

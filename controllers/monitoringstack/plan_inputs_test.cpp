#include <gtest/gtest.h>

#include <map>
#include <random>

#include "controllers/monitoringstack/plan.h"
#include "controllers/monitoringstack/singletons.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "controllers/operands/restart.h"
#include "operator/runtime/plan_memo.h"

namespace belvedere::monitoringstack {
namespace {

using testing::ChildOf;
using testing::PrimaryPtr;

constexpr const char* kSpecs[] = {"{}", "managementState: Paused",
                                  "targets: {nodes: {state: Disabled}}", "logs: {store: Loki}"};

// Worlds of few parts, so that many of them mean the same for the plan.
class WorldMaker {
 public:
  explicit WorldMaker(unsigned seed) : random_(seed) {}

  PrimaryPtr MakeSelf() { return MakeStack("self", "2026-01-02T00:00:00Z"); }

  runtime::World MakeWorld(const PrimaryPtr& self) {
    runtime::World world;
    world.peers = {self};
    if (Chance(2)) world.peers.push_back(MakeStack("older", "2026-01-01T00:00:00Z"));
    if (Chance(2)) world.peers.push_back(MakeStack("younger", "2026-01-03T00:00:00Z"));
    for (const operands::Operand& operand : operands::Operands()) {
      if (operand.sharing == operands::Sharing::kSingleton) AddSingleton(operand, *self, world);
    }
    AddLoki(*self, world);
    return world;
  }

 private:
  bool Chance(int of) { return static_cast<int>(random_() % of) == 0; }

  // A spec's generation tells it apart from every other of the same stack.
  PrimaryPtr MakeStack(const std::string& name, const std::string& created) {
    const std::size_t spec = random_() % std::size(kSpecs);
    cache::Primary stack = *testing::MakeStack(name, "s", kSpecs[spec], created);
    stack.generation = static_cast<std::int64_t>(spec) + 1;
    return std::make_shared<const cache::Primary>(stack);
  }

  void AddSingleton(const operands::Operand& operand, const cache::Primary& self,
                    runtime::World& world) {
    if (Chance(3)) return;
    const PrimaryPtr& owner = world.peers[random_() % world.peers.size()];
    auto& list = owner->uid == self.uid ? world.children : world.shared;
    list.push_back(ChildOf(operand.workload(StackOf(self)), owner->uid, {}));
  }

  void AddLoki(const cache::Primary& self, runtime::World& world) {
    const int replicas = Chance(2) ? 1 : 2;
    world.children.push_back(ChildOf({kube::types::kStatefulSet, {self.key.ns, "loki-s"}}, self.uid,
                                     {.generation = 1,
                                      .observed_generation = 1,
                                      .desired = 1,
                                      .updated = 1,
                                      .ready = replicas - 1}));
    for (const char* name : {"loki-s-0123456789", "loki-s-abcdef0123", "loki-s"}) {
      if (Chance(2)) continue;
      world.children.push_back(
          ChildOf({kube::types::kConfigMap, {self.key.ns, name}}, self.uid, {}));
    }
    for (int i = 0; i < replicas; ++i) {
      cache::Pod pod;
      pod.key = {.ns = self.key.ns, .name = "loki-s-" + std::to_string(i)};
      pod.uid = pod.key.name;
      pod.component = "loki";
      if (Chance(2)) pod.annotations[operands::kChecksumAnnotation] = Chance(2) ? "old" : Current();
      world.pods.push_back(std::make_shared<const cache::Pod>(pod));
    }
  }

  static const std::string& Current() {
    static const std::string kChecksum = ChecksumOfLoki();
    return kChecksum;
  }

  static std::string ChecksumOfLoki() {
    const auto plan = testing::PlanOf(testing::MakeStack("self", "s", kSpecs[3]));
    for (const runtime::ComponentPlan& component : plan.components) {
      if (component.name == "loki") return component.checksum;
    }
    return "";
  }

  std::mt19937 random_;
};

std::string TextOf(const runtime::Plan& plan) {
  std::string text =
      plan.config_hash + (plan.management == runtime::Management::kPaused ? "P" : "");
  for (const runtime::Intent& intent : plan.intents) text += "\n" + Dump(intent.object);
  for (const kube::ResourceRef& ref : plan.keep) text += "\nkeep " + kube::ToString(ref);
  for (const runtime::ComponentPlan& component : plan.components) {
    text += "\n" + component.name + component.wanted + component.checksum;
  }
  return text;
}

TEST(PlanInputs, AreEqualOnlyForEqualPlans) {
  std::map<std::string, std::string> plans;
  int again = 0;
  for (unsigned seed = 0; seed < 1200; ++seed) {
    WorldMaker maker(seed);
    const PrimaryPtr self = maker.MakeSelf();
    const runtime::World world = maker.MakeWorld(self);
    const std::string basis = PlanInputs(*self, world, alertpolicy::Compiler()) + "/" +
                              std::to_string(runtime::StateOf(world.children));
    const std::string plan =
        TextOf(MakePlan(*self, world, operands::ImageTable(), alertpolicy::Compiler()));
    const auto [place, is_new] = plans.try_emplace(basis, plan);
    if (is_new) continue;
    ++again;
    ASSERT_EQ(place->second, plan) << basis;
  }
  EXPECT_GT(again, 200) << "the worlds are too unlike for this test to see anything";
  EXPECT_GT(plans.size(), 100U);
}

}  // namespace
}  // namespace belvedere::monitoringstack

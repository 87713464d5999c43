#include "controllers/logpipeline/plan.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/kind.h"
#include "controllers/logpipeline/running.h"
#include "controllers/logpipeline/testing/plans.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/restart.h"

namespace belvedere::logpipeline {
namespace {

using runtime::Intent;
using testing::ConfigOf;
using testing::Drops;
using testing::FindIntent;
using testing::MakePipeline;
using testing::PlanOf;
using testing::PrimaryPtr;
using testing::ServesOf;
using testing::SetNamespace;
using testing::SpecText;
using testing::WorldOf;

constexpr const char* kWrong = "buffer: {maxRetries: 0}";

TEST(LogPipelinePlan, TheOldestWritesTheNodeAgentAndEachItsOwnGateway) {
  const PrimaryPtr shop = MakePipeline({.ns = "shop"});
  const PrimaryPtr bank = MakePipeline({.ns = "bank", .created = "2026-01-02T00:00:00Z"});
  const runtime::World world = WorldOf({bank, shop});
  const runtime::Plan first = PlanOf(shop, world);
  EXPECT_FALSE(first.refused);
  EXPECT_EQ(ServesOf(first, "fluent-bit"), "uid-shop@1 uid-bank@1");
  EXPECT_NE(FindIntent(first, kube::types::kStatefulSet, "log-gateway-logs"), nullptr);
  const runtime::Plan second = PlanOf(bank, world);
  EXPECT_EQ(ServesOf(second, "fluent-bit"), "no agent");
  EXPECT_NE(FindIntent(second, kube::types::kStatefulSet, "log-gateway-logs"), nullptr);
  ASSERT_EQ(second.components.size(), 2U);
  EXPECT_EQ(second.components[1].serves, "uid-bank@1");
}

TEST(LogPipelinePlan, AGatewayOfFluentBitReloadsAndItsNodeAgentRestarts) {
  const PrimaryPtr shop = MakePipeline({});
  const runtime::Plan plan = PlanOf(shop, WorldOf({shop}));
  ASSERT_EQ(plan.components.size(), 2U);
  EXPECT_FALSE(plan.components[0].wanted.empty());
  EXPECT_TRUE(plan.components[0].checksum.empty());
  EXPECT_TRUE(plan.components[1].wanted.empty());
  EXPECT_FALSE(plan.components[1].checksum.empty());
}

TEST(LogPipelinePlan, APlatformPipelineSendsFromTheNodeAndHasOneReaderOfEvents) {
  const PrimaryPtr platform = std::make_shared<const cache::Primary>(
      cache::Primary{.key = {.ns = "belvedere-node", .name = "platform"},
                     .uid = "u",
                     .generation = 1,
                     .created = "2026-01-01T00:00:00Z",
                     .spec = Dump(*config::ParseYaml(
                         "{agent: OpenTelemetry, inputs: {events: {state: Enabled}},"
                         " outputs: [{name: o, stack: {name: main, namespace: monitoring}}]}"))});
  const runtime::Plan plan = PlanOf(platform, WorldOf({platform}));
  ASSERT_FALSE(plan.refused) << plan.refused->message;
  ASSERT_EQ(plan.components.size(), 1U);
  EXPECT_EQ(plan.components[0].name, "otel-collector-events");
  const Intent* reader = FindIntent(plan, kube::types::kStatefulSet, "otel-collector-events");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->object["spec"]["replicas"], 1);
  EXPECT_NE(FindIntent(plan, kube::types::kClusterRoleBinding, "belvedere-otel-collector-events"),
            nullptr);
  EXPECT_EQ(FindIntent(plan, kube::types::kDaemonSet, "otel-collector"), nullptr);
}

TEST(LogPipelinePlan, AHolderThatIsRefusedStillWritesForTheOthersAndKeepsItsLastGoodPart) {
  const PrimaryPtr bad =
      MakePipeline({.ns = "shop", .spec = kWrong, .accepted = Drops("good_part"), .generation = 2});
  const PrimaryPtr bank = MakePipeline({.ns = "bank",
                                        .spec = Drops("of_the_bank"),
                                        .created = "2026-01-02T00:00:00Z",
                                        .generation = 3});
  const runtime::Plan plan = PlanOf(bad, WorldOf({bad, bank}));
  ASSERT_TRUE(plan.refused);
  EXPECT_EQ(plan.refused->reason, "InvalidSpec");
  EXPECT_EQ(ServesOf(plan, "fluent-bit"), "uid-bank@3");
  EXPECT_EQ(FindIntent(plan, kube::types::kStatefulSet, "log-gateway-logs"), nullptr);
  for (const Intent& intent : plan.intents) EXPECT_EQ(intent.when, Intent::When::kAlways);
  EXPECT_NE(ConfigOf(plan, "fluent-bit").find("shop.logs.containers"), std::string::npos);
  EXPECT_NE(ConfigOf(plan, "fluent-bit").find("bank.logs.containers"), std::string::npos);
}

TEST(LogPipelinePlan, OneBadOfAHundredIsLeftAloneWithItsLastGoodPart) {
  std::vector<PrimaryPtr> all;
  all.reserve(100);
  for (int i = 0; i < 100; ++i) {
    all.push_back(MakePipeline({.ns = "ns" + std::to_string(i),
                                .spec = i == 37 ? kWrong : "",
                                .accepted = "",
                                .generation = 2}));
  }
  const runtime::World world = WorldOf(all);
  const runtime::Plan plan = PlanOf(all[0], world);
  ASSERT_FALSE(plan.refused);
  const std::string serves = ServesOf(plan, "fluent-bit");
  const std::string config = ConfigOf(plan, "fluent-bit");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cache::Lists(serves, cache::Served(*all[i])), i != 37) << i;
    const std::string part = "ns" + std::to_string(i) + ".logs.containers";
    EXPECT_NE(config.find(part), std::string::npos) << i;
  }
  const runtime::Plan bad = PlanOf(all[37], world);
  ASSERT_TRUE(bad.refused);
  EXPECT_EQ(bad.refused->reason, "InvalidSpec");
}

TEST(LogPipelinePlan, OneThatWasNeverAcceptedHasNoPart) {
  const PrimaryPtr shop = MakePipeline({.ns = "shop"});
  const PrimaryPtr bad = MakePipeline({.ns = "bank", .spec = kWrong, .accepted = "-"});
  const runtime::Plan plan = PlanOf(shop, WorldOf({shop, bad}));
  EXPECT_EQ(ServesOf(plan, "fluent-bit"), "uid-shop@1");
  EXPECT_EQ(ConfigOf(plan, "fluent-bit").find("bank.logs"), std::string::npos);
}

TEST(LogPipelinePlan, APausedPipelineRunsOnAsItWasAccepted) {
  const char* const before = "agent: OpenTelemetry";
  const PrimaryPtr paused = MakePipeline(
      {.ns = "shop", .spec = "managementState: Paused", .accepted = before, .generation = 2});
  const PrimaryPtr other =
      MakePipeline({.ns = "bank", .spec = before, .created = "2026-01-02T00:00:00Z"});
  const runtime::Plan plan = PlanOf(paused, WorldOf({paused, other}));
  EXPECT_EQ(plan.management, runtime::Management::kPaused);
  EXPECT_EQ(ServesOf(plan, "otel-collector"), "uid-bank@1");
  EXPECT_NE(ConfigOf(plan, "otel-collector").find("shop.logs"), std::string::npos);
  EXPECT_EQ(ServesOf(plan, "fluent-bit"), "no agent");
  EXPECT_EQ(FindIntent(plan, kube::types::kDaemonSet, "otel-collector")->when,
            Intent::When::kAlways);
  EXPECT_EQ(FindIntent(plan, kube::types::kStatefulSet, "log-gateway-logs")->when,
            Intent::When::kManaged);
}

TEST(LogPipelinePlan, AnotherOutputOrADeadLetterDoesNotChangeTheClaim) {
  const auto claim = [](const std::string& spec) {
    const PrimaryPtr shop = MakePipeline({.spec = spec});
    const runtime::Plan plan = PlanOf(shop, WorldOf({shop}));
    return FindIntent(plan, kube::types::kStatefulSet, "log-gateway-logs")
        ->object["spec"]["volumeClaimTemplates"];
  };
  const Json first = claim("");
  EXPECT_EQ(first[0]["spec"]["resources"]["requests"]["storage"], "8Gi");
  EXPECT_EQ(claim("buffer: {deadLetter: {}}"), first);
  EXPECT_EQ(claim("agent: OpenTelemetry"), first);
  EXPECT_NE(claim("buffer: {sizePerOutput: 2Gi}"), first);
}

TEST(LogPipelinePlan, WithoutItsNamespacesUidNothingIsPlanned) {
  const PrimaryPtr shop = MakePipeline({});
  const runtime::Plan plan = PlanOf(shop, {.peers = {shop}});
  ASSERT_TRUE(plan.refused);
  EXPECT_EQ(plan.refused->reason, "NamespaceUnknown");
  EXPECT_TRUE(plan.intents.empty());
}

// A namespace may be seen after the pipeline that was made in it; what is wrong with a spec is told
// without it.
TEST(LogPipelinePlan, ABadSpecIsToldBeforeItsNamespaceIsKnown) {
  const PrimaryPtr shop = MakePipeline({.spec = "agent: Vector"});
  const runtime::Plan plan = PlanOf(shop, {.peers = {shop}});
  ASSERT_TRUE(plan.refused);
  EXPECT_EQ(plan.refused->reason, "InvalidSpec");
  EXPECT_NE(plan.refused->message.find("spec.agent"), std::string::npos);
}

std::string InputsOf(const PrimaryPtr& self, const runtime::World& world) {
  return PlanInputs(*self, world, SpecReader());
}

TEST(LogPipelinePlan, InputsOfTheHolderAreAllPipelinesAndThoseOfOthersTheirOwn) {
  const PrimaryPtr shop = MakePipeline({.ns = "shop"});
  const PrimaryPtr bank = MakePipeline({.ns = "bank", .created = "2026-01-02T00:00:00Z"});
  const PrimaryPtr edited =
      MakePipeline({.ns = "bank", .created = "2026-01-02T00:00:00Z", .generation = 2});
  EXPECT_NE(InputsOf(shop, WorldOf({shop, bank})), InputsOf(shop, WorldOf({shop, edited})));
  const PrimaryPtr shop_edited = MakePipeline({.ns = "shop", .generation = 2});
  EXPECT_EQ(InputsOf(bank, WorldOf({shop, bank})), InputsOf(bank, WorldOf({shop_edited, bank})));
  EXPECT_NE(InputsOf(bank, WorldOf({shop, bank})), InputsOf(edited, WorldOf({shop, edited})));
}

TEST(LogPipelinePlan, AReaderRemembersByTextAndNamespace) {
  const SpecReader reader;
  const PrimaryPtr shop = MakePipeline({});
  const runtime::World world = WorldOf({shop});
  const auto first = reader.Accept(*shop, shop->spec, world);
  EXPECT_EQ(reader.Accept(*shop, shop->spec, world), first);
  const PrimaryPtr edited = MakePipeline({.spec = Drops("x")});
  EXPECT_EQ((*reader.Accept(*edited, edited->spec, world))->spec.filters.size(), 1U);
  runtime::World anew = world;
  SetNamespace(anew, "shop", "made-again");
  EXPECT_EQ((*reader.Accept(*shop, shop->spec, anew))->pipeline.tenant, "made-again");
}

TEST(LogPipelineKind, KeepsTheSpecThatIsProvenUntilAnotherIs) {
  const LogPipelineKind kind{operands::ImageTable()};
  const auto fields = [&kind](const PrimaryPtr& self, const std::string& serves) {
    runtime::World world = WorldOf({self});
    cache::Child agent;
    agent.ref = {kube::types::kDaemonSet, {.ns = "belvedere-node", .name = "fluent-bit"}};
    agent.owner_uid = self->uid;
    agent.serves = serves;
    agent.rollout = cache::Rollout{};  // there is no node
    world.children.push_back(std::make_shared<const cache::Child>(agent));
    return kind.MakeReport(*self, world, PlanOf(self, world), {}).fields;
  };
  const std::string ns = "belvedere-node";
  const PrimaryPtr first = MakePipeline({.ns = ns, .accepted = "-"});
  EXPECT_EQ(fields(first, "")[operands::kProvenSpec], "");
  EXPECT_FALSE(fields(first, "uid-belvedere-node@1").contains(operands::kProvenSpec));
  const PrimaryPtr edited =
      MakePipeline({.ns = ns, .spec = Drops("new"), .accepted = Drops("old"), .generation = 2});
  EXPECT_EQ(fields(edited, "")[operands::kProvenSpec], SpecText(Drops("old")));
  EXPECT_EQ(fields(edited, "")[operands::kAcceptedSpec], edited->spec);
}

TEST(LogPipelineKind, KeepsTheAcceptedSpecInStatusUntilAnotherIsAccepted) {
  const LogPipelineKind kind{operands::ImageTable()};
  const PrimaryPtr good = MakePipeline({.accepted = "-"});
  const runtime::World world = WorldOf({good});
  const runtime::Plan plan = PlanOf(good, world);
  EXPECT_EQ(kind.MakeReport(*good, world, plan, {}).fields[operands::kAcceptedSpec], good->spec);
  const PrimaryPtr bad = MakePipeline({.spec = kWrong, .accepted = Drops("x")});
  const runtime::World later = WorldOf({bad});
  EXPECT_EQ(kind.MakeReport(*bad, later, PlanOf(bad, later), {}).fields[operands::kAcceptedSpec],
            SpecText(Drops("x")));
}

TEST(LogPipelineKind, AStackThatIsNotThereOrStoresNothingIsNamedAndTheRestIsMade) {
  const LogPipelineKind kind{operands::ImageTable()};
  const PrimaryPtr self = MakePipeline({});
  runtime::World world = WorldOf({self});
  auto& stacks = world.others[monitoringstack::kMonitoringStack];
  const auto accepted = [&] {
    const runtime::Plan plan = PlanOf(self, world);
    EXPECT_FALSE(plan.intents.empty());
    return kind.MakeReport(*self, world, plan, {}).verdict.accepted;
  };
  EXPECT_EQ(accepted().cause.message,
            "spec.outputs[0].stack: there is no MonitoringStack monitoring/main; create it, or "
            "correct the name");
  cache::Primary stack{.key = {.ns = "monitoring", .name = "main"}, .uid = "uid", .spec = "{}"};
  stacks.push_back(std::make_shared<const cache::Primary>(stack));
  EXPECT_EQ(accepted().cause.message,
            "spec.outputs[0].stack: MonitoringStack monitoring/main stores no logs; set its "
            "spec.logs.store to Loki");
  stack.spec = R"({"logs": {"store": "Loki"}})";
  stacks[0] = std::make_shared<const cache::Primary>(stack);
  EXPECT_EQ(accepted().truth, runtime::Truth::kTrue) << accepted().cause.message;
  EXPECT_EQ(kind.Concerned(monitoringstack::kMonitoringStack, stack, {{self}}),
            std::vector{self->key});
  stack.key.name = "other";
  EXPECT_TRUE(kind.Concerned(monitoringstack::kMonitoringStack, stack, {{self}}).empty());
}

}  // namespace
}  // namespace belvedere::logpipeline

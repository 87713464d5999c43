#include "controllers/logpipeline/plan.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/kind.h"
#include "controllers/logpipeline/running.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "controllers/operands/restart.h"

namespace belvedere::logpipeline {
namespace {

using monitoringstack::testing::ChildOf;
using PrimaryPtr = std::shared_ptr<const cache::Primary>;
using runtime::Intent;

constexpr const char* kInputsAndOutputs =
    "inputs: {containers: {}}, outputs: [{name: o, stack: {name: main, namespace: monitoring}}]";

// `spec`: members of a YAML map besides what every pipeline needs.
std::string SpecText(const std::string& spec) {
  const std::string rest = spec.empty() ? "" : ", " + spec;
  return Dump(*config::ParseYaml("{" + std::string(kInputsAndOutputs) + rest + "}"));
}

struct Given {
  std::string ns = "shop";
  std::string spec;  // as SpecText() takes it
  std::string created = "2026-01-01T00:00:00Z";
  std::string accepted;  // likewise; "-": none
  std::int64_t generation = 1;
  std::string proven = "-";  // likewise; "-": as accepted
};

PrimaryPtr MakePipeline(const Given& given) {
  Json status = Json::object();
  if (given.accepted != "-") status[operands::kAcceptedSpec] = SpecText(given.accepted);
  if (given.proven != "-") status[operands::kProvenSpec] = SpecText(given.proven);
  return std::make_shared<const cache::Primary>(
      cache::Primary{.key = {.ns = given.ns, .name = "logs"},
                     .uid = "uid-" + given.ns,
                     .generation = given.generation,
                     .created = given.created,
                     .spec = SpecText(given.spec),
                     .status = Dump(status)});
}

void SetNamespace(runtime::World& world, const std::string& name, const std::string& uid) {
  const cache::Namespace ns{.key = {.ns = "", .name = name}, .uid = uid};
  world.namespaces[name] = std::make_shared<const cache::Namespace>(ns);
}

runtime::World WorldOf(std::vector<PrimaryPtr> peers) {
  runtime::World world{.peers = std::move(peers)};
  for (const PrimaryPtr& peer : world.peers)
    SetNamespace(world, peer->key.ns, "ns-" + peer->key.ns);
  return world;
}

runtime::Plan PlanOf(const PrimaryPtr& self, const runtime::World& world) {
  return MakePlan(*self, world, operands::ImageTable(), SpecReader());
}

const Intent* FindIntent(const runtime::Plan& plan, const kube::ResourceType& type,
                         const std::string& name) {
  for (const Intent& intent : plan.intents) {
    if (intent.type == type && kube::KeyOf(intent.object).name == name) return &intent;
  }
  return nullptr;
}

std::string ServesOf(const runtime::Plan& plan, const std::string& name) {
  const Intent* agent = FindIntent(plan, kube::types::kDaemonSet, name);
  if (agent == nullptr) return "no agent";
  return agent->object["metadata"]["annotations"][cache::kServesAnnotation].get<std::string>();
}

// Text of the config that the node agent `name` gets.
std::string ConfigOf(const runtime::Plan& plan, const std::string& name) {
  for (const Intent& intent : plan.intents) {
    const bool is_of_it = intent.type == kube::types::kConfigMap &&
                          kube::KeyOf(intent.object).name.starts_with(name + "-");
    if (is_of_it) return Dump(intent.object["data"]);
  }
  return "";
}

// Drops what is named, so that a config shows whose spec it was made of.
std::string Drops(const std::string& what) {
  return "filters: [{drop: {field: log, regex: " + what + "}}]";
}

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

// A node agent whose platform's pipeline was edited to a spec that makes its pods crash.
class LogPipelineLastGood : public ::testing::Test {
 protected:
  LogPipelineLastGood() {
    world_ = WorldOf({platform_, bank_});
    checksum_ = ChecksumOf(PlanOf(platform_, world_));
    agent_.ref = {kube::types::kDaemonSet, {.ns = "belvedere-node", .name = "fluent-bit"}};
    agent_.owner_uid = platform_->uid;
    pod_.key = {.ns = "belvedere-node", .name = "fluent-bit-x"};
    pod_.component = "fluent-bit";
    pod_.annotations[operands::kChecksumAnnotation] = checksum_;
    pod_.waiting_reason = "CrashLoopBackOff";
    pod_.waiting_message = "cannot read CA";
  }

  static PrimaryPtr Platform(const std::string& drops, std::int64_t generation) {
    return MakePipeline({.ns = "belvedere-node",
                         .spec = Drops(drops),
                         .accepted = Drops(drops),
                         .generation = generation,
                         .proven = Drops("good_part")});
  }

  static std::string ChecksumOf(const runtime::Plan& plan) {
    const Intent* agent = FindIntent(plan, kube::types::kDaemonSet, "fluent-bit");
    return StringAt(agent->object,
                    "/spec/template/metadata/annotations/belvedere.dev~1config-checksum");
  }
  static std::string RefusedBy(const runtime::Plan& plan) {
    const Intent* agent = FindIntent(plan, kube::types::kDaemonSet, "fluent-bit");
    return StringAt(agent->object, "/metadata/annotations/belvedere.dev~1refused");
  }

  // What is planned where the agent and these pods are.
  runtime::Plan Plan(const PrimaryPtr& self, const std::vector<cache::Pod>& pods) {
    world_.peers = {self, bank_};
    world_.children = {std::make_shared<const cache::Child>(agent_)};
    world_.pods.clear();
    for (const cache::Pod& pod : pods) {
      world_.pods.push_back(std::make_shared<const cache::Pod>(pod));
    }
    return PlanOf(self, world_);
  }

  const PrimaryPtr platform_ = Platform("bad_part", 2);
  const PrimaryPtr bank_ =
      MakePipeline({.ns = "bank", .created = "2026-01-02T00:00:00Z", .generation = 3});
  runtime::World world_;
  std::string checksum_;
  cache::Child agent_;
  cache::Pod pod_;
};

TEST_F(LogPipelineLastGood, ReturnsWhenAPodCrashesAndNoneIsReady) {
  const runtime::Plan plan = Plan(platform_, {pod_});
  EXPECT_NE(ConfigOf(plan, "fluent-bit").find("good_part"), std::string::npos);
  EXPECT_EQ(ConfigOf(plan, "fluent-bit").find("bad_part"), std::string::npos);
  EXPECT_EQ(ServesOf(plan, "fluent-bit"), "uid-bank@3");
  EXPECT_EQ(RefusedBy(plan), checksum_ +
                                 "|uid-belvedere-node@2|pod fluent-bit-x crashes with it: cannot "
                                 "read CA");
  cache::Pod ready = pod_;
  ready.ready = true;
  EXPECT_EQ(ChecksumOf(Plan(platform_, {pod_, ready})), checksum_);
  cache::Pod starting = pod_;
  starting.waiting_reason = "";
  EXPECT_EQ(ChecksumOf(Plan(platform_, {starting})), checksum_);
}

TEST_F(LogPipelineLastGood, StaysWithoutThePodUntilTheSpecIsAnother) {
  const runtime::Plan first = Plan(platform_, {pod_});
  const std::string inputs = PlanInputs(*platform_, world_, SpecReader());
  agent_.refused = RefusedBy(first);
  const runtime::Plan second = Plan(platform_, {});
  EXPECT_NE(PlanInputs(*platform_, world_, SpecReader()), inputs);
  EXPECT_EQ(ChecksumOf(second), ChecksumOf(first));
  EXPECT_EQ(RefusedBy(second), RefusedBy(first));
  const runtime::Plan third = Plan(Platform("better_part", 3), {});
  EXPECT_NE(ConfigOf(third, "fluent-bit").find("better_part"), std::string::npos);
  EXPECT_EQ(RefusedBy(third), "");
}

TEST_F(LogPipelineLastGood, IsNoneWhereNothingHasWorkedYet) {
  cache::Primary unproven = *MakePipeline({.ns = "belvedere-node"});
  unproven.status =
      Dump(Json{{operands::kAcceptedSpec, unproven.spec}, {operands::kProvenSpec, ""}});
  const auto self = std::make_shared<const cache::Primary>(unproven);
  world_.peers = {self};
  world_.children = {std::make_shared<const cache::Child>(agent_)};
  pod_.annotations[operands::kChecksumAnnotation] = ChecksumOf(PlanOf(self, world_));
  world_.pods = {std::make_shared<const cache::Pod>(pod_)};
  EXPECT_EQ(ChecksumOf(PlanOf(self, world_)), pod_.annotations[operands::kChecksumAnnotation]);
}

TEST_F(LogPipelineLastGood, StatusSaysWhoIsHeldBackAndWhy) {
  const LogPipelineKind kind{operands::ImageTable()};
  agent_.refused = RefusedBy(Plan(platform_, {pod_}));
  agent_.serves = "uid-bank@3";
  const runtime::Plan plan = Plan(platform_, {});
  const runtime::Report held = kind.MakeReport(*platform_, world_, plan, {});
  EXPECT_EQ(held.verdict.accepted.cause.reason, "ConfigRejected");
  EXPECT_EQ(held.verdict.accepted.cause.message,
            "fluent-bit refuses the config with this spec and goes on with the last good one: pod "
            "fluent-bit-x crashes with it: cannot read CA");
  EXPECT_TRUE(held.verdict.stalled);
  EXPECT_EQ(held.fields[operands::kProvenSpec], SpecText(Drops("good_part")));
  // The others go on, and so does a spec that has not been tried yet.
  runtime::World others = world_;
  others.shared = std::move(others.children);
  others.children.clear();
  const auto bank = kind.MakeReport(*bank_, others, PlanOf(bank_, others), {});
  EXPECT_EQ(bank.verdict.accepted.cause.reason, "Accepted");
  const PrimaryPtr better = Platform("better_part", 3);
  const runtime::Plan next = Plan(better, {});
  EXPECT_EQ(kind.MakeReport(*better, world_, next, {}).verdict.accepted.truth,
            runtime::Truth::kTrue);
}

// Of the platform, with an output to S3 that has its credentials in this Secret.
PrimaryPtr Archive(const std::string& name, const std::string& secret, std::int64_t generation) {
  Json spec = *ParseJson(SpecText(Drops("of_" + secret)));
  spec["outputs"] = *config::ParseYaml("[{name: " + name + ", s3: {bucket: b, region: r, " +
                                       "credentialsRef: {name: " + secret + "}}}]");
  cache::Primary made = *MakePipeline({.ns = "belvedere-node", .generation = generation});
  made.key.name = name;
  made.uid = "uid-" + name;
  made.spec = Dump(spec);
  made.status = Dump(Json{{operands::kAcceptedSpec, made.spec}});
  return std::make_shared<const cache::Primary>(made);
}

// Each is good alone, but the pods of a node agent have one file of AWS credentials.
TEST(LogPipelinePlan, ASpecThatCannotBeBesideTheOthersIsHeldBackAlone) {
  for (const auto& [odd, even] : {std::pair{"a", "b"}, {"b", "a"}}) {
    const PrimaryPtr good = Archive(odd, "shared", 1);
    cache::Primary edited = *Archive(even, "other", 2);
    edited.status = Dump(Json{{operands::kAcceptedSpec, edited.spec},
                              {operands::kProvenSpec, Archive(even, "shared", 1)->spec}});
    const auto bad = std::make_shared<const cache::Primary>(edited);
    const PrimaryPtr bank = MakePipeline({.ns = "bank", .spec = Drops("new"), .generation = 3});
    runtime::World world = WorldOf({good, bad, bank});
    const PrimaryPtr& oldest = std::min(
        {good, bad, bank}, [](const auto& one, const auto& two) { return one->uid < two->uid; });
    const runtime::Plan plan = PlanOf(oldest, world);
    ASSERT_FALSE(plan.refused) << plan.refused->message;
    const std::string serves = ServesOf(plan, "fluent-bit");
    EXPECT_TRUE(cache::Lists(serves, cache::Served(*good)));
    EXPECT_TRUE(cache::Lists(serves, cache::Served(*bank)));
    EXPECT_FALSE(cache::Lists(serves, cache::Served(*bad)));
    EXPECT_EQ(ConfigOf(plan, "fluent-bit").find("of_other"), std::string::npos);

    const Intent* made = FindIntent(plan, kube::types::kDaemonSet, "fluent-bit");
    cache::Child agent{
        .ref = {kube::types::kDaemonSet, {.ns = "belvedere-node", .name = "fluent-bit"}}};
    agent.owner_uid = oldest->uid;
    agent.refused = StringAt(made->object, "/metadata/annotations/belvedere.dev~1refused");
    world.children = {std::make_shared<const cache::Child>(agent)};
    const runtime::Report report =
        LogPipelineKind(operands::ImageTable()).MakeReport(*bad, world, PlanOf(bad, world), {});
    EXPECT_EQ(report.verdict.accepted.cause.reason, "ConfigRejected");
    EXPECT_NE(report.verdict.accepted.cause.message.find("is Secret other"), std::string::npos)
        << report.verdict.accepted.cause.message;
  }
}

TEST(LogPipelineGatewayLastGood, ReturnsWhenItsPodCrashes) {
  const std::string otel = "agent: OpenTelemetry, ";
  const PrimaryPtr shop = MakePipeline({.spec = otel + Drops("bad_part"),
                                        .accepted = otel + Drops("bad_part"),
                                        .generation = 2,
                                        .proven = otel + Drops("good_part")});
  const auto gateway_of = [](const runtime::Plan& plan) {
    return FindIntent(plan, kube::types::kStatefulSet, "log-gateway-logs")->object;
  };
  const auto checksum_of = [&](const runtime::Plan& plan) {
    return StringAt(gateway_of(plan),
                    "/spec/template/metadata/annotations/belvedere.dev~1config-checksum");
  };
  runtime::World world = WorldOf({shop});
  cache::Child gateway{.ref = GatewayRef(shop->key)};
  gateway.owner_uid = shop->uid;
  world.children = {std::make_shared<const cache::Child>(gateway)};
  const std::string inputs = PlanInputs(*shop, world, SpecReader());
  const std::string refused = checksum_of(PlanOf(shop, world));
  cache::Pod pod;
  pod.key = {.ns = "shop", .name = "log-gateway-logs-0"};
  pod.component = "log-gateway";
  pod.annotations[operands::kChecksumAnnotation] = refused;
  pod.waiting_reason = "CrashLoopBackOff";
  pod.waiting_message = "cannot read CA";
  world.pods = {std::make_shared<const cache::Pod>(pod)};
  EXPECT_NE(PlanInputs(*shop, world, SpecReader()), inputs);
  const runtime::Plan plan = PlanOf(shop, world);
  const PrimaryPtr good = MakePipeline({.spec = otel + Drops("good_part")});
  EXPECT_EQ(checksum_of(plan), checksum_of(PlanOf(good, WorldOf({good}))));

  gateway.refused = StringAt(gateway_of(plan), "/metadata/annotations/belvedere.dev~1refused");
  world.children = {std::make_shared<const cache::Child>(gateway)};
  world.pods.clear();
  const runtime::Plan later = PlanOf(shop, world);
  EXPECT_EQ(checksum_of(later), checksum_of(plan)) << "it is remembered";
  const runtime::Report report =
      LogPipelineKind(operands::ImageTable()).MakeReport(*shop, world, later, {});
  EXPECT_EQ(report.verdict.accepted.cause.message,
            "log-gateway refuses the config with this spec and goes on with the last good one: pod "
            "log-gateway-logs-0 crashes with it: cannot read CA");
  EXPECT_EQ(report.fields.at(operands::kProvenSpec), SpecText(otel + Drops("good_part")));
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

#include "controllers/logpipeline/shared_load.h"

#include <gtest/gtest.h>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/kind.h"
#include "controllers/logpipeline/testing/plans.h"

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
using testing::SpecText;
using testing::WorldOf;

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
  EXPECT_EQ(*ParseJson(RefusedBy(plan)),
            Json::array({{{"kind", "crash"},
                          {"specs", Json::array({"uid-belvedere-node@2"})},
                          {"why", "pod fluent-bit-x crashes with it: cannot read CA"}}}));
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
  agent_.serves = std::string("uid-bank@3");
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

// A node agent of many pipelines that were all edited before its next pod started.
class LogPipelineBlame : public ::testing::Test {
 protected:
  LogPipelineBlame() {
    for (int i = 0; i < 100; ++i) all_.push_back(Edited(i, 2));
    agent_.ref = {kube::types::kDaemonSet, {.ns = "belvedere-node", .name = "fluent-bit"}};
    agent_.owner_uid = all_[0]->uid;
  }

  static std::string NameOf(int i) { return "p" + std::to_string(i); }
  static PrimaryPtr Edited(int i, std::int64_t generation) {
    const std::string drops = Drops("new" + std::to_string(generation));
    cache::Primary made = *MakePipeline({.ns = "belvedere-node",
                                         .spec = drops,
                                         .accepted = drops,
                                         .generation = generation,
                                         .proven = Drops("old")});
    made.key.name = NameOf(i);
    made.uid = "uid-" + NameOf(i);
    return std::make_shared<const cache::Primary>(made);
  }

  // What is planned where the pods of the last plan crash with these last words; empty: they run.
  runtime::Plan Plan(const std::string& last_words) {
    runtime::World world = WorldOf(all_);
    world.children = {std::make_shared<const cache::Child>(agent_)};
    if (!last_words.empty()) {
      cache::Pod pod;
      pod.key = {.ns = "belvedere-node", .name = "fluent-bit-x"};
      pod.component = "fluent-bit";
      pod.annotations[operands::kChecksumAnnotation] = checksum_;
      pod.waiting_reason = "CrashLoopBackOff";
      pod.waiting_message = last_words;
      world.pods = {std::make_shared<const cache::Pod>(pod)};
    }
    runtime::Plan plan = MakePlan(*all_[0], world, operands::ImageTable(), reader_);
    const Json& agent = FindIntent(plan, kube::types::kDaemonSet, "fluent-bit")->object;
    checksum_ =
        StringAt(agent, "/spec/template/metadata/annotations/belvedere.dev~1config-checksum");
    agent_.refused = StringAt(agent, "/metadata/annotations/belvedere.dev~1refused");
    return plan;
  }

  // Those whose new spec is not in the plan.
  std::vector<int> Held(const runtime::Plan& plan) const {
    std::vector<int> held;
    const std::string serves = ServesOf(plan, "fluent-bit");
    for (int i = 0; i < 100; ++i) {
      if (!cache::Lists(serves, cache::Served(*all_[i]))) held.push_back(i);
    }
    return held;
  }

  const SpecReader reader_;
  std::vector<PrimaryPtr> all_;
  cache::Child agent_;
  std::string checksum_;
};

TEST_F(LogPipelineBlame, IsOfThoseThatTheLastWordsName) {
  Plan("");
  const runtime::Plan plan = Plan("output 'loki/belvedere-node.p37.o' failed");
  EXPECT_EQ(Held(plan), std::vector<int>{37});
  EXPECT_NE(ConfigOf(plan, "fluent-bit").find("belvedere-node.p37.containers"), std::string::npos)
      << "its last good part runs on";
  const runtime::Plan next = Plan("output 'loki/belvedere-node.p3.o' failed");
  EXPECT_EQ(Held(next), (std::vector<int>{3, 37}));
  EXPECT_EQ(Held(Plan("")), (std::vector<int>{3, 37})) << "it is remembered";
}

TEST_F(LogPipelineBlame, StaysUntilTheSpecIsAnother) {
  Plan("");
  Plan("output 'loki/belvedere-node.p37.o' failed");
  all_[5] = Edited(5, 3);
  EXPECT_EQ(Held(Plan("")), std::vector<int>{37}) << "what others do does not try it again";
  cache::Primary asked = *all_[37];
  asked.annotations["belvedere.dev/reconcile"] = "now";
  all_[37] = std::make_shared<const cache::Primary>(asked);
  EXPECT_TRUE(Held(Plan("")).empty()) << "somebody asks for it";
  EXPECT_EQ(Held(Plan("output 'loki/belvedere-node.p37.o' failed")), std::vector<int>{37});
  EXPECT_EQ(Held(Plan("")), std::vector<int>{37}) << "once";
  all_[37] = Edited(37, 3);
  EXPECT_TRUE(Held(Plan("")).empty());
}

TEST_F(LogPipelineBlame, IsOfAllThatChangedWhereNobodyIsNamed) {
  Plan("");
  const runtime::Plan plan = Plan("out of memory; xbelvedere-node.p37.o, belvedere-node.p37");
  EXPECT_EQ(Held(plan).size(), 100U);
  EXPECT_EQ(Held(Plan("")).size(), 100U);
  all_[37] = Edited(37, 3);
  EXPECT_TRUE(Held(Plan("")).empty()) << "without that one the others may be good";
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

}  // namespace
}  // namespace belvedere::logpipeline

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "controllers/alertpolicy/attachment.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "controllers/operands/prometheus.h"
#include "controllers/operands/report.h"

namespace belvedere::monitoringstack {
namespace {

using runtime::AgentAnswer;
using runtime::Failure;
using runtime::Outcome;
using runtime::Report;
using runtime::Truth;
using ::testing::HasSubstr;
using testing::MakeStack;
using testing::PrimaryPtr;
using testing::RolledOut;

Report ReportOf(const PrimaryPtr& stack, const runtime::World& world, const Outcome& outcome = {}) {
  runtime::Plan plan = testing::PlanOf(stack, world);
  plan.intents.clear();  // the engine keeps none that is carried out
  return MonitoringStackKind(operands::ImageTable()).MakeReport(*stack, world, plan, outcome);
}

// Status of the condition `type` as the engine will show it, and its reason: "False/CrashLoop".
std::string Shown(const Report& report, std::string_view type) {
  const auto conditions = runtime::MakeConditions(report.verdict, 1, {}, WallTime{});
  const runtime::Condition* condition = runtime::FindCondition(conditions, type);
  return std::string(runtime::ToString(condition->status)) + "/" + condition->cause.reason;
}

PrimaryPtr Stack(const std::string& spec = "{metrics: {replicas: 2}}") {
  return MakeStack("ns", "s", spec);
}

void EditPod(runtime::World& world, std::size_t index,
             const std::function<void(cache::Pod&)>& edit) {
  cache::Pod pod = *world.pods.at(index);
  edit(pod);
  world.pods[index] = std::make_shared<const cache::Pod>(pod);
}

void EditRollout(runtime::World& world, const std::string& name,
                 const std::function<void(cache::Rollout&)>& edit) {
  for (auto& child : world.children) {
    if (child->ref.key.name != name) continue;
    cache::Child copy = *child;
    edit(*copy.rollout);
    child = std::make_shared<const cache::Child>(copy);
    return;
  }
  FAIL() << name;
}

Outcome Failed(Failure::Kind kind, const std::string& message) {
  Outcome outcome;
  Error error{.code = ErrorCode::kInvalid, .message = message};
  outcome.failures.push_back(
      {.ref = {kube::types::kStatefulSet, {.ns = "ns", .name = "prometheus-s"}},
       .error = error,
       .kind = kind});
  return outcome;
}

TEST(MakeReport, IsReadyWhenAllRunAndLoad) {
  const auto stack = Stack();
  const Report report = ReportOf(stack, RolledOut(stack));
  EXPECT_EQ(Shown(report, "Ready"), "True/Reconciled");
  EXPECT_EQ(Shown(report, "ConfigLoaded"), "True/Loaded");
  EXPECT_EQ(report.fields["updated"], "6/6");
  EXPECT_EQ(report.fields["components"].size(), 5U);
  EXPECT_EQ(report.fields["components"][0],
            (Json{{"name", "prometheus"}, {"desired", 2}, {"ready", 2}, {"updated", 2}}));
  EXPECT_EQ(report.fields["configHash"], report.fields["lastAppliedConfigHash"]);
}

TEST(MakeReport, SaysWhichPoliciesEveryPodHasLoaded) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  EXPECT_FALSE(ReportOf(stack, world).fields.contains(alertpolicy::kLoadedPolicies));
  cache::Child shard;
  shard.ref = operands::PolicyShardRef({.ns = "ns", .name = "s"}, 14);
  shard.owner_uid = stack->uid;
  shard.serves = std::string("uid-of-policy@2");
  world.children.push_back(std::make_shared<const cache::Child>(shard));
  std::vector<std::string> served(operands::kPolicyShards);
  served[14] = "uid-of-policy@2";
  EXPECT_EQ(ReportOf(stack, world).fields[alertpolicy::kLoadedPolicies],
            alertpolicy::HashOfServed(served));
  world.agents[world.pods[1]->uid].loaded = "old";
  EXPECT_FALSE(ReportOf(stack, world).fields.contains(alertpolicy::kLoadedPolicies));
}

TEST(MakeReport, OfAFreshStackWaits) {
  const auto stack = Stack();
  Outcome outcome;
  outcome.applied = 23;
  const Report report = ReportOf(stack, {}, outcome);
  EXPECT_EQ(Shown(report, "Ready"), "False/RolloutInProgress");
  EXPECT_EQ(Shown(report, "Reconciling"), "True/RolloutInProgress");
  EXPECT_EQ(Shown(report, "Available"), "False/NoReplicas");
  EXPECT_EQ(Shown(report, "Accepted"), "True/Accepted");
  EXPECT_EQ(Shown(report, "ConfigLoaded"), "False/WaitingForPods");
  EXPECT_EQ(report.fields["updated"], "0/5");
  EXPECT_FALSE(report.fields.contains("lastAppliedConfigHash"));
}

TEST(MakeReport, KeepsServingWhileItRollsOut) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  EditRollout(world, "prometheus-s", [](cache::Rollout& r) { r.updated = r.ready = 1; });
  const Report report = ReportOf(stack, world);
  EXPECT_EQ(Shown(report, "Ready"), "False/RolloutInProgress");
  EXPECT_EQ(Shown(report, "Available"), "True/Serving");
  EXPECT_THAT(report.verdict.progressing->message, HasSubstr("prometheus 1/2"));
}

TEST(MakeReport, DoesNotBelieveAnOldObservation) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  EditRollout(world, "alertmanager-s", [](cache::Rollout& r) { r.generation = 2; });
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "False/RolloutInProgress");
}

struct Trouble {
  std::string waiting;
  std::string reason;
};

class PodTrouble : public ::testing::TestWithParam<Trouble> {};

TEST_P(PodTrouble, IsNamed) {
  const auto stack = Stack("{}");
  runtime::World world = RolledOut(stack);
  EditRollout(world, "prometheus-s", [](cache::Rollout& r) { r.ready = 0; });
  EditPod(world, 0, [](cache::Pod& pod) {
    pod.ready = false;
    pod.waiting_reason = GetParam().waiting;
    pod.waiting_message = "the words of the kubelet";
  });
  const Report report = ReportOf(stack, world);
  EXPECT_EQ(Shown(report, "Available"), "False/" + GetParam().reason);
  EXPECT_THAT(report.verdict.available.cause.message, HasSubstr("the words of the kubelet"));
}

INSTANTIATE_TEST_SUITE_P(Reasons, PodTrouble,
                         ::testing::Values(Trouble{"CrashLoopBackOff", "CrashLoop"},
                                           Trouble{"ImagePullBackOff", "ImagePull"},
                                           Trouble{"ErrImagePull", "ImagePull"},
                                           Trouble{"", "NoReplicas"}));

TEST(MakeReport, CallsNoNodesAvailable) {
  const auto stack = Stack();
  const Report report = ReportOf(stack, RolledOut(stack, /*nodes=*/0));
  EXPECT_EQ(Shown(report, "Available"), "True/NoEligibleNodes");
  EXPECT_EQ(Shown(report, "Ready"), "True/Reconciled");
}

TEST(MakeReport, ReadsSingletonsOfOthers) {
  const auto stack = Stack("{}");
  runtime::World world = RolledOut(stack);
  // kube-state-metrics and node-exporter are somebody else's.
  while (world.children.size() > 2) {
    world.shared.push_back(world.children.back());
    world.children.pop_back();
  }
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "True/Reconciled");
  world.shared.pop_back();
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "False/RolloutInProgress");
}

TEST(MakeReport, WaitsForEachAgentToProveTheHash) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  world.agents[world.pods[1]->uid].loaded = "old";
  EXPECT_EQ(Shown(ReportOf(stack, world), "ConfigLoaded"), "False/WaitingForPods");
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "False/WaitingForPods");
  world.agents.erase(world.pods[1]->uid);
  EXPECT_EQ(Shown(ReportOf(stack, world), "ConfigLoaded"), "False/WaitingForPods");
  world = RolledOut(stack);
  world.pods.erase(world.pods.begin());
  EXPECT_EQ(Shown(ReportOf(stack, world), "ConfigLoaded"), "False/WaitingForPods");
}

// A new leader has asked no agent yet; to doubt what status says would cost two writes a restart.
TEST(MakeReport, AfterATakeoverBelievesStatusUntilAgentsAreAsked) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  const Report before = ReportOf(stack, world);
  Json status = before.fields;
  status["conditions"] =
      runtime::ToJson(runtime::MakeConditions(before.verdict, 1, {}, WallTime{}));
  cache::Primary proven = *stack;
  proven.status = Dump(status);
  const auto self = std::make_shared<const cache::Primary>(proven);
  world.agents.clear();
  EXPECT_EQ(Shown(ReportOf(self, world), "ConfigLoaded"), "True/Loaded");
  EditPod(world, 0, [](cache::Pod& pod) { pod.ready = false; });
  EXPECT_EQ(Shown(ReportOf(self, world), "ConfigLoaded"), "False/WaitingForPods");
  EXPECT_EQ(Shown(ReportOf(stack, world), "ConfigLoaded"), "False/WaitingForPods");
}

TEST(MakeReport, LeavesPodsOutThatGo) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  cache::Pod going = *world.pods[0];
  going.uid = "old";
  going.deleting = true;
  world.pods.push_back(std::make_shared<const cache::Pod>(going));
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "True/Reconciled");
}

TEST(MakeReport, QuotesTheOperandThatRefusesItsConfig) {
  const auto stack = Stack();
  runtime::World world = RolledOut(stack);
  AgentAnswer& answer = world.agents[world.pods[0]->uid];
  answer.loaded = "last good";
  answer.error = "line 7: field nonsense not found";
  const Report report = ReportOf(stack, world);
  EXPECT_EQ(Shown(report, "ConfigLoaded"), "False/ConfigRejected");
  EXPECT_EQ(Shown(report, "Accepted"), "False/ConfigRejected");
  EXPECT_EQ(Shown(report, "Stalled"), "True/ConfigRejected");
  EXPECT_EQ(Shown(report, "Available"), "True/Serving");
  EXPECT_THAT(report.verdict.config_loaded.cause.message, HasSubstr("line 7"));
}

// An error about bytes that are not ours: they are about to be replaced, unless we are paused.
TEST(MakeReport, TellsAForeignConfigFromItsOwn) {
  const auto managed = Stack();
  runtime::World world = RolledOut(managed);
  AgentAnswer& answer = world.agents[world.pods[0]->uid];
  answer.wanted = "theirs";
  answer.error = "line 9: nonsense";
  answer.loaded = "last good";
  EXPECT_EQ(Shown(ReportOf(managed, world), "Stalled"), "False/NotStalled");
  EXPECT_EQ(Shown(ReportOf(managed, world), "ConfigLoaded"), "False/WaitingForPods");

  const auto paused = Stack("{metrics: {replicas: 2}, managementState: Paused}");
  const Report report = ReportOf(paused, world);
  EXPECT_EQ(Shown(report, "ConfigLoaded"), "False/ConfigRejected");
  EXPECT_EQ(Shown(report, "Accepted"), "True/Accepted");
  EXPECT_THAT(report.verdict.config_loaded.cause.message, HasSubstr("line 9"));
}

TEST(MakeReport, OfABadSpecStallsAndStillSaysWhatServes) {
  const auto good = Stack("{}");
  const runtime::World world = RolledOut(good);
  const auto bad = Stack("metrics: {replicas: 99}");
  const Report report = ReportOf(bad, world);
  EXPECT_EQ(Shown(report, "Accepted"), "False/InvalidSpec");
  EXPECT_EQ(Shown(report, "Stalled"), "True/InvalidSpec");
  EXPECT_EQ(Shown(report, "Ready"), "False/InvalidSpec");
  EXPECT_EQ(Shown(report, "Available"), "True/Serving");
  EXPECT_EQ(report.fields["updated"], "5/5");
}

TEST(MakeReport, IsPausedOnlyWhileSomethingWaits) {
  const auto stack = Stack("{metrics: {replicas: 2}, managementState: Paused}");
  const runtime::World world = RolledOut(stack);
  EXPECT_EQ(Shown(ReportOf(stack, world), "Ready"), "True/Reconciled");
  Outcome outcome;
  outcome.pending = 3;
  const Report report = ReportOf(stack, world, outcome);
  EXPECT_EQ(Shown(report, "Ready"), "False/Paused");
  EXPECT_EQ(Shown(report, "Reconciling"), "False/Paused");
}

struct WriteFailure {
  Failure::Kind kind;
  std::string message;
  std::string shown;  // Ready
};

class Failures : public ::testing::TestWithParam<WriteFailure> {};

TEST_P(Failures, AreExplained) {
  const auto stack = Stack();
  const Report report =
      ReportOf(stack, RolledOut(stack), Failed(GetParam().kind, GetParam().message));
  EXPECT_EQ(Shown(report, "Ready"), "False/" + GetParam().shown);
  const bool stalls = GetParam().kind != Failure::Kind::kRetry;
  EXPECT_EQ(report.verdict.stalled.has_value(), stalls);
  const runtime::Cause cause = stalls ? *report.verdict.stalled : *report.verdict.progressing;
  EXPECT_THAT(cause.message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Failures,
    ::testing::Values(
        WriteFailure{Failure::Kind::kRetry, "etcdserver: request timed out", "Retrying"},
        WriteFailure{Failure::Kind::kOwnershipConflict, "exists", "OwnershipConflict"},
        WriteFailure{Failure::Kind::kInvalid, "updates to statefulset spec for fields other",
                     "ImmutableField"},
        WriteFailure{Failure::Kind::kInvalid, "spec.x: Invalid value", "InvalidSpec"},
        WriteFailure{Failure::Kind::kDenied, "exceeded quota: q", "QuotaExceeded"},
        WriteFailure{Failure::Kind::kDenied, "admission webhook denied the request",
                     "AdmissionDenied"},
        WriteFailure{Failure::Kind::kDenied, "cannot patch resource", "Forbidden"}));

TEST(MakeReport, RemembersTheConfigThatRanEverywhereLast) {
  const auto before = Stack();
  cache::Primary changed = *Stack("{metrics: {replicas: 2, scrapeInterval: 10s}}");
  changed.status = Dump(Json{{"lastAppliedConfigHash", "old"}, {"configHash", "old"}});
  const auto stack = std::make_shared<const cache::Primary>(changed);
  const Report report = ReportOf(stack, RolledOut(before));
  EXPECT_EQ(report.fields["lastAppliedConfigHash"], "old");
  EXPECT_NE(report.fields["configHash"], "old");
}

TEST(MakeReport, WaitsForPodsThatRunAnEarlierConfigOfTheRestartClass) {
  const auto before = Stack("logs: {retentionDays: 1}");
  const auto after = Stack("logs: {retentionDays: 2}");
  EXPECT_EQ(Shown(ReportOf(before, RolledOut(before)), "ConfigLoaded"), "True/Loaded");
  const Report report = ReportOf(after, RolledOut(before));
  EXPECT_EQ(Shown(report, "ConfigLoaded"), "False/WaitingForPods");
  EXPECT_THAT(report.verdict.config_loaded.cause.message, HasSubstr("loki-"));
}

}  // namespace
}  // namespace belvedere::monitoringstack

#include "operator/runtime/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "operator/runtime/testing/controller_fixture.h"

namespace belvedere::runtime {
namespace {

using kube::Fault;
using testing::IsEmpty;

TEST_F(ControllerTest, WritesEachChildOnceAndStatusOnce) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "hello");
  EXPECT_EQ(Writes(), (std::map<std::string, int>{{"apply ConfigMap toys/a", 1},
                                                  {"apply ClusterRoleBinding toys-a", 1},
                                                  {"apply StatefulSet toys/a", 1},
                                                  {"apply Toy toys/a/status", 1}}));
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
  EXPECT_EQ(IntAt(Live(ToyRef("a")), "/status/observedGeneration"), 1);
}

TEST_F(ControllerTest, ChildrenCarryOwnerAndInventory) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  const std::string uid = kube::UidOf(Live(ToyRef("a")));
  for (const auto& ref : {ConfigMapRef("a"), StatefulSetRef("a"), BindingRef("a")}) {
    const Json child = Live(ref);
    EXPECT_EQ(kube::LabelOf(child, cache::kManagedByLabel), cache::kManagedByValue);
    EXPECT_EQ(kube::LabelOf(child, cache::kOwnerUidLabel), uid);
    EXPECT_EQ(kube::LabelOf(child, cache::kOwnerKindLabel), "toys");
    EXPECT_EQ(kube::LabelOf(child, cache::kOwnerNamespaceLabel), "toys");
    EXPECT_EQ(kube::LabelOf(child, cache::kOwnerNameLabel), "a");
    const bool is_namespaced = ref.type.scope() == kube::Scope::kNamespaced;
    EXPECT_EQ(kube::ControllerUidOf(child), is_namespaced ? uid : "");
  }
  EXPECT_EQ(kube::LabelOf(At(Live(StatefulSetRef("a")), "/spec/template"), cache::kOwnerUidLabel),
            "");
}

TEST_F(ControllerTest, ResyncsAndRestartsWriteNothing) {
  for (int i = 0; i < 20; ++i) Put("a" + std::to_string(i), {{"text", "x"}, {"shared", true}});
  Start();
  replica_->Settle();
  server_.ClearLog();
  for (int i = 0; i < 10; ++i) {
    replica_->controllers().Resync();
    replica_->Settle();
  }
  Restart();
  replica_->Settle();
  EXPECT_THAT(server_.Writes(), IsEmpty());
}

TEST_F(ControllerTest, SpecChangeWritesWhatDiffersAndSweepsWhatIsNoLongerWanted) {
  Put("a", {{"text", "one"}, {"extra", true}});
  Start();
  replica_->Settle();
  ASSERT_TRUE(server_.Find(ConfigMapRef("a-extra")).has_value());
  server_.ClearLog();
  Put("a", {{"text", "two"}, {"extra", nullptr}});
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "two");
  EXPECT_FALSE(server_.Find(ConfigMapRef("a-extra")).has_value());
  const auto writes = Writes();
  EXPECT_EQ(writes.at("apply ConfigMap toys/a"), 1);
  EXPECT_EQ(writes.count("apply StatefulSet toys/a"), 0U);
  EXPECT_EQ(writes.count("apply ClusterRoleBinding toys-a"), 0U);
}

TEST_F(ControllerTest, DriftOfEachChildIsPutRight) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  const Json before_map = Live(ConfigMapRef("a"));
  server_.EditAs("kubectl", ConfigMapRef("a"), {{"data", {{"text", "changed"}}}});
  server_.EditAs("kubectl", StatefulSetRef("a"), {{"spec", {{"replicas", 7}}}});
  server_.EditAs("kubectl", BindingRef("a"), {{"subjects", Json::array()}});
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "hello");
  EXPECT_EQ(IntAt(Live(StatefulSetRef("a")), "/spec/replicas"), 1);
  EXPECT_EQ(At(Live(BindingRef("a")), "/subjects").size(), 1U);
  EXPECT_EQ(kube::UidOf(Live(ConfigMapRef("a"))), kube::UidOf(before_map));
  EXPECT_THAT(EventReasons(), testing::Contains("DriftCorrected").Times(3));
}

TEST_F(ControllerTest, StrippedLabelsAndOwnerAreBroughtBack) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  const std::string uid = kube::UidOf(Live(ToyRef("a")));
  server_.EditAs("kubectl", ConfigMapRef("a"),
                 {{"metadata", {{"ownerReferences", nullptr}, {"labels", nullptr}}}});
  server_.EditAs("kubectl", BindingRef("a"),
                 {{"metadata", {{"labels", {{cache::kOwnerUidLabel, nullptr}}}}}});
  replica_->Settle();
  EXPECT_EQ(kube::ControllerUidOf(Live(ConfigMapRef("a"))), uid);
  EXPECT_EQ(kube::LabelOf(Live(ConfigMapRef("a")), cache::kManagedByLabel), "belvedere");
  EXPECT_EQ(kube::LabelOf(Live(BindingRef("a")), cache::kOwnerUidLabel), uid);
}

TEST_F(ControllerTest, ForeignFieldsAreLeftAlone) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  server_.ClearLog();
  server_.EditAs("kubectl", ConfigMapRef("a"),
                 {{"data", {{"more", "foreign"}}}, {"metadata", {{"labels", {{"their", "s"}}}}}});
  replica_->Settle();
  EXPECT_THAT(Writes(), IsEmpty());
  EXPECT_EQ(StringAt(Live(ConfigMapRef("a")), "/data/more"), "foreign");
}

TEST_F(ControllerTest, DeletedChildrenComeBack) {
  Put("a", {{"text", "hello"}});
  Start();
  replica_->Settle();
  for (const auto& ref : {ConfigMapRef("a"), StatefulSetRef("a"), BindingRef("a")}) {
    server_.Remove(ref);
    replica_->Settle();
    EXPECT_TRUE(server_.Find(ref).has_value()) << kube::ToString(ref);
  }
}

TEST_F(ControllerTest, ForeignObjectOfThatNameIsNeverTouched) {
  server_.EditAs("somebody", ConfigMapRef("a"), {{"data", {{"text", "theirs"}}}});
  server_.EditAs("somebody", BindingRef("b"), {{"subjects", Json::array()}});
  const Json before_map = Live(ConfigMapRef("a"));
  const Json before_binding = Live(BindingRef("b"));
  Put("a", {{"text", "hello"}});
  Put("b", {{"text", "hello"}});
  Start();
  replica_->Pass(std::chrono::minutes(1));
  EXPECT_EQ(Live(ConfigMapRef("a")), before_map);
  EXPECT_EQ(Live(BindingRef("b")), before_binding);
  EXPECT_EQ(ReasonOf("a", "Stalled"), "True OwnershipConflict");
  EXPECT_EQ(ReasonOf("b", "Stalled"), "True OwnershipConflict");
  EXPECT_TRUE(server_.Find(StatefulSetRef("a")).has_value()) << "the other children are written";
  // Once it is out of the way, the retries find the place free.
  server_.Remove(ConfigMapRef("a"));
  replica_->Pass(std::chrono::minutes(10));
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "hello");
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
}

TEST_F(ControllerTest, ForeignObjectThatForgesOurLabelsIsNeverTouched) {
  Put("a", {{"text", "hello"}});
  const std::string uid = kube::UidOf(Live(ToyRef("a")));
  server_.EditAs(
      "somebody", BindingRef("a"),
      {{"metadata",
        {{"labels", {{cache::kManagedByLabel, "belvedere"}, {cache::kOwnerUidLabel, uid}}}}}});
  server_.EditAs(
      "somebody", ConfigMapRef("other", "elsewhere"),
      {{"metadata",
        {{"labels", {{cache::kManagedByLabel, "belvedere"}, {cache::kOwnerUidLabel, uid}}}}}});
  const Json before = Live(BindingRef("a"));
  Start();
  replica_->Pass(std::chrono::minutes(1));
  EXPECT_EQ(Live(BindingRef("a")), before);
  EXPECT_TRUE(server_.Find(ConfigMapRef("other", "elsewhere")).has_value());
  EXPECT_EQ(ReasonOf("a", "Stalled"), "True OwnershipConflict");
}

TEST_F(ControllerTest, TwoResourcesNeverFightOverOneChild) {
  // "x" in namespace "a-b" and "b-x" in namespace "a" both want the ClusterRoleBinding "a-b-x".
  Put("x", {{"text", "1"}}, "a-b");
  Start();
  replica_->Settle();
  const Json before = Live(BindingRef("x", "a-b"));
  server_.ClearLog();
  Put("b-x", {{"text", "2"}}, "a");
  replica_->Pass(std::chrono::minutes(1));
  EXPECT_EQ(Live(BindingRef("x", "a-b")), before);
  const auto conditions = ConditionsFrom(At(Live(ToyRef("b-x", "a")), "/status"));
  EXPECT_EQ(FindCondition(conditions, "Stalled")->cause.reason, "OwnershipConflict");
}

// Each fault meets each kind of write once; the end must be the same as without it.
TEST_F(ControllerTest, FaultsAreOvercome) {
  const std::vector<Fault> faults = {
      {.error = ErrorCode::kTransport},
      {.when = Fault::When::kAfterCommit, .error = ErrorCode::kTimeout},  // a lost reply
      {.when = Fault::When::kAfterCommit, .error = ErrorCode::kTransport},
      {.status = 409, .reason = "Conflict"},
      {.status = 429, .reason = "TooManyRequests", .retry_after = 1},
      {.status = 500, .reason = "InternalError"},
      {.status = 503, .reason = "ServiceUnavailable"},
      {.status = 401, .reason = "Unauthorized"},
  };
  Start();
  int number = 0;
  for (const Fault& fault : faults) {
    for (const auto& type : {kube::types::kConfigMap, kube::types::kStatefulSet,
                             kube::types::kClusterRoleBinding, kToyType}) {
      const std::string name = "a" + std::to_string(number++);
      server_.InjectFault({.verb = "apply", .type = type, .name = {}, .user_agent = {}}, fault);
      Put(name, {{"text", name}});
      replica_->Settle();
      EXPECT_EQ(TextOf(ConfigMapRef(name)), name);
      EXPECT_TRUE(server_.Find(StatefulSetRef(name)).has_value());
      EXPECT_TRUE(server_.Find(BindingRef(name)).has_value());
      EXPECT_EQ(ReasonOf(name, "Ready"), "True Reconciled") << number;
      server_.ClearFaults();
    }
  }
  server_.ClearLog();
  replica_->controllers().Resync();
  replica_->Settle();
  EXPECT_THAT(server_.Writes(), IsEmpty());
}

TEST_F(ControllerTest, BrokenWatchesMissNothing) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  for (const auto end : {kube::WatchEnd::kServerTimeout, kube::WatchEnd::kReset}) {
    server_.EndWatches(end);
    Put("a", {{"text", end == kube::WatchEnd::kReset ? "reset" : "ended"}});
    replica_->Settle();
    EXPECT_EQ(TextOf(ConfigMapRef("a")), end == kube::WatchEnd::kReset ? "reset" : "ended");
  }
  // Everything happens while nobody watches, and the history is gone afterwards.
  server_.InjectFault({.verb = "watch"}, Fault{.count = 8, .status = 500});
  server_.EndWatches(kube::WatchEnd::kReset);
  server_.Remove(ConfigMapRef("a"));
  Put("b", {{"text", "new"}});
  server_.Compact();
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "reset");
  EXPECT_EQ(TextOf(ConfigMapRef("b")), "new");
}

TEST_F(ControllerTest, DeletionLeavesNothingBehind) {
  Put("a", {{"text", "1"}, {"shared", true}});
  Start();
  replica_->Settle();
  ASSERT_TRUE(server_.Find(SingletonRef()).has_value());
  server_.Remove(ToyRef("a"));
  server_.CollectGarbage();
  replica_->Settle();
  // Deletions of children may be seen before the owner's, and be put right once more.
  server_.CollectGarbage();
  replica_->Settle();
  EXPECT_THAT(server_.All(kube::types::kConfigMap), IsEmpty());
  EXPECT_THAT(server_.All(kube::types::kStatefulSet), IsEmpty());
  EXPECT_THAT(server_.All(kube::types::kClusterRoleBinding), IsEmpty());
}

TEST_F(ControllerTest, DeletionWhileTheOperatorIsDownLeavesNothingBehind) {
  Put("a", {{"text", "1"}, {"shared", true}});
  Put("b", {{"text", "1"}});
  Start();
  replica_->Settle();
  replica_.reset();
  server_.Remove(ToyRef("a"));
  server_.CollectGarbage();
  Start();
  replica_->Settle();
  EXPECT_FALSE(server_.Find(BindingRef("a")).has_value());
  EXPECT_FALSE(server_.Find(SingletonRef()).has_value());
  EXPECT_TRUE(server_.Find(BindingRef("b")).has_value());
}

TEST_F(ControllerTest, RecreatedOwnerGetsChildrenOfItsOwn) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  const std::string before = kube::UidOf(Live(ConfigMapRef("a")));
  server_.Remove(ToyRef("a"));
  Put("a", {{"text", "2"}});
  replica_->SettleNow();
  server_.CollectGarbage();
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "2");
  EXPECT_NE(kube::UidOf(Live(ConfigMapRef("a"))), before);
  EXPECT_EQ(kube::LabelOf(Live(BindingRef("a")), cache::kOwnerUidLabel),
            kube::UidOf(Live(ToyRef("a"))));
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
}

TEST_F(ControllerTest, NoWriteAfterTheLeaseIsLost) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  replica_->Fence();
  server_.ClearLog();
  Put("a", {{"text", "2"}});
  server_.Remove(StatefulSetRef("a"));
  replica_->SettleNow();
  EXPECT_THAT(server_.Writes(), IsEmpty());
  EXPECT_GT(replica_->metrics().GetCounter("belvedere_fenced_writes_total", "").value(), 0U);
}

TEST_F(ControllerTest, StandbyTakesOverWhereTheLeaderStopped) {
  auto standby = NewReplica("standby");
  standby->Warm();
  Start();
  for (int i = 0; i < 10; ++i) Put("a" + std::to_string(i), {{"text", "1"}});
  replica_->Retire();  // in the middle of it
  standby->Lead();
  standby->Settle();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ReasonOf("a" + std::to_string(i), "Ready"), "True Reconciled");
  }
  for (const auto& [write, count] : Writes()) EXPECT_LE(count, 2) << write;
  server_.ClearLog();
  standby->Retire();
  replica_->Lead();
  replica_->Settle();
  EXPECT_THAT(server_.Writes(), IsEmpty());
}

TEST_F(ControllerTest, PausedWritesStatusOnlyAndSaysWhatWaits) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  Put("a", {{"management", "Paused"}});
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled") << "nothing waits";
  server_.ClearLog();
  Put("a", {{"text", "2"}});
  server_.EditAs("kubectl", StatefulSetRef("a"), {{"spec", {{"replicas", 3}}}});
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Ready"), "False Paused");
  EXPECT_EQ(ConditionOf("a", "Ready").cause.message, "2 writes wait");
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1");
  for (const auto& [write, count] : Writes()) EXPECT_EQ(write, "apply Toy toys/a/status");
  Put("a", {{"management", nullptr}});
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "2");
  EXPECT_EQ(IntAt(Live(StatefulSetRef("a")), "/spec/replicas"), 1);
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
}

TEST_F(ControllerTest, RefusedSpecTouchesNothing) {
  Put("a", {{"text", "1"}, {"extra", true}});
  Start();
  replica_->Settle();
  server_.ClearLog();
  Put("a", {{"refused", "spec.text: no"}});
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Stalled"), "True InvalidSpec");
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1");
  for (const auto& [write, count] : Writes()) EXPECT_EQ(write, "apply Toy toys/a/status");
}

TEST_F(ControllerTest, DenialIsStalledOnlyAfterItsGrace) {
  server_.InjectFault({.verb = "apply", .type = kube::types::kConfigMap},
                      Fault{.count = 1000000, .status = 403, .reason = "Forbidden"});
  Put("a", {{"text", "1"}});
  Start();
  replica_->SettleNow();
  EXPECT_EQ(ReasonOf("a", "Reconciling"), "True Forbidden");
  EXPECT_EQ(ReasonOf("a", "Stalled"), "False NotStalled");
  EXPECT_TRUE(server_.Find(StatefulSetRef("a")).has_value());
  replica_->Pass(std::chrono::minutes(11));
  EXPECT_EQ(ReasonOf("a", "Stalled"), "True Forbidden");
  EXPECT_EQ(ReasonOf("a", "Reconciling"), "False Stalled");
  // A restart does not begin the grace again.
  Restart();
  replica_->SettleNow();
  EXPECT_EQ(ReasonOf("a", "Stalled"), "True Forbidden");
  server_.ClearFaults();
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
}

TEST_F(ControllerTest, TerminatingChildIsWaitedFor) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  server_.EditAs("kubectl", ConfigMapRef("a"), {{"metadata", {{"finalizers", {"their/s"}}}}});
  replica_->Settle();
  server_.Remove(ConfigMapRef("a"));
  ASSERT_TRUE(At(Live(ConfigMapRef("a")), "/metadata/deletionTimestamp").is_string());
  server_.ClearLog();
  replica_->SettleNow();
  EXPECT_EQ(Writes().count("apply ConfigMap toys/a"), 0U);
  server_.EditAs("kubectl", ConfigMapRef("a"), {{"metadata", {{"finalizers", nullptr}}}});
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1");
  EXPECT_FALSE(At(Live(ConfigMapRef("a")), "/metadata/deletionTimestamp").is_string());
}

TEST_F(ControllerTest, CountersInStatusAreWrittenAtMostEachTenSeconds) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  server_.ClearLog();
  const auto set_ready = [this](int ready) {
    server_.EditAs("controller-manager", StatefulSetRef("a"),
                   {{"status", {{"readyReplicas", ready}}}});
  };
  clock_.Advance(std::chrono::seconds(20));
  for (int ready = 1; ready <= 5; ++ready) {
    set_ready(ready);
    replica_->SettleNow();
    clock_.Advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(Writes()["apply Toy toys/a/status"], 1);
  replica_->Settle();
  EXPECT_EQ(Writes()["apply Toy toys/a/status"], 2);
  EXPECT_EQ(IntAt(Live(ToyRef("a")), "/status/ready"), 5);
}

TEST_F(ControllerTest, ForeignStatusIsPutRight) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  server_.EditAs("kubectl", ToyRef("a"), {{"status", {{"ready", 99}, {"conditions", nullptr}}}});
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");
  EXPECT_EQ(IntAt(Live(ToyRef("a")), "/status/ready"), 0);
}

TEST_F(ControllerTest, EventsTellTransitionsOnly) {
  Put("a", {{"text", "1"}});
  Start();
  replica_->Settle();
  const auto first = EventReasons();
  EXPECT_THAT(first, testing::ElementsAre("Reconciled"));
  for (int i = 0; i < 5; ++i) {
    replica_->controllers().Resync();
    replica_->Settle();
  }
  EXPECT_EQ(EventReasons(), first);
}

TEST_F(ControllerTest, ReloadIsToldToThePodAndFollowedUntilLoaded) {
  Put("a", {{"text", "1"}, {"reload", "hash-1"}});
  Start();
  replica_->Settle();
  const kube::ResourceRef pod{kube::types::kPod, {"toys", "a-0"}};
  agents_.Answer("http://10.0.0.1:9533", {.loaded = "hash-1", .wanted = "hash-1"});
  server_.EditAs(
      "kubelet", pod,
      {{"metadata",
        {{"labels",
          {{cache::kManagedByLabel, cache::kManagedByValue}, {cache::kComponentLabel, "toy"}}},
         {"ownerReferences", Json::array({{{"apiVersion", "apps/v1"},
                                           {"kind", "StatefulSet"},
                                           {"name", "a"},
                                           {"uid", kube::UidOf(Live(StatefulSetRef("a")))},
                                           {"controller", true}}})}}},
       {"status", {{"podIP", "10.0.0.1"}}}});
  replica_->Pass(std::chrono::seconds(1));
  agents_.AwaitAsked("http://10.0.0.1:9533", 1);
  AwaitReason("a", "ConfigLoaded", "True ConfigLoaded");
  EXPECT_EQ(kube::AnnotationOf(Live(pod), kWantedConfigAnnotation), "")
      << "a fresh pod mounts the newest by itself";

  Put("a", {{"reload", "hash-2"}});
  AwaitReason("a", "ConfigLoaded", "False Loading");
  replica_->SettleNow();
  EXPECT_EQ(kube::AnnotationOf(Live(pod), kWantedConfigAnnotation), "hash-2");
  agents_.Answer("http://10.0.0.1:9533", {.loaded = "hash-2", .wanted = "hash-2"});
  AwaitReason("a", "ConfigLoaded", "True ConfigLoaded");
  replica_->Settle();
  EXPECT_EQ(ReasonOf("a", "Ready"), "True Reconciled");

  // At rest nobody is asked; after a takeover every replica once.
  const int asked = agents_.asked("http://10.0.0.1:9533");
  replica_->Pass(std::chrono::hours(2));
  EXPECT_EQ(agents_.asked("http://10.0.0.1:9533"), asked);
  server_.ClearLog();
  Restart();
  agents_.AwaitAsked("http://10.0.0.1:9533", asked + 1);
  AwaitReason("a", "ConfigLoaded", "True ConfigLoaded");
  replica_->Settle();
  EXPECT_EQ(agents_.asked("http://10.0.0.1:9533"), asked + 1);
}

}  // namespace
}  // namespace belvedere::runtime

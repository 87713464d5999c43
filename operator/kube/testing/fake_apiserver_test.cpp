#include "operator/kube/testing/fake_apiserver.h"

#include <gtest/gtest.h>

#include <thread>

#include "operator/base/metrics.h"
#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"

namespace belvedere::kube {
namespace {

using namespace std::chrono_literals;

class FakeApiServerTest : public ::testing::Test {
 protected:
  static ResourceRef Ref(const std::string& name) { return {types::kConfigMap, {"ns", name}}; }
  static Json Intent(const std::string& name, const Json& metadata = Json::object()) {
    Json intent{{"metadata", {{"name", name}, {"namespace", "ns"}}}, {"data", {{"a", "1"}}}};
    intent["metadata"].update(metadata);
    return intent;
  }
  Json Make(const std::string& name, const Json& metadata = Json::object()) {
    const auto made = client_->Apply(types::kConfigMap, Intent(name, metadata), {}, {});
    EXPECT_TRUE(made) << made.error().message;
    return made.value_or(Json());
  }
  static Json OwnedBy(const Json& owner) {
    return {{"ownerReferences", Json::array({{{"apiVersion", "v1"},
                                              {"kind", "ConfigMap"},
                                              {"name", KeyOf(owner).name},
                                              {"uid", UidOf(owner)},
                                              {"controller", true}}})}};
  }

  ManualClock clock_;
  FakeApiServer fake_{clock_};
  Metrics metrics_;
  std::unique_ptr<Client> client_ = MakeRestClient(fake_, clock_, metrics_, {.max_attempts = 1});
};

TEST_F(FakeApiServerTest, StampsTheManualTime) {
  EXPECT_EQ(StringAt(Make("a"), "/metadata/creationTimestamp"), FormatTime(clock_.WallNow()));
}

TEST_F(FakeApiServerTest, CollectsOrphansDownTheTree) {
  const Json root = Make("root");
  const Json child = Make("child", OwnedBy(root));
  Make("grandchild", OwnedBy(child));
  Make("bystander");
  fake_.CollectGarbage();
  EXPECT_EQ(fake_.All(types::kConfigMap).size(), 4U);
  fake_.Remove(Ref("root"));
  fake_.CollectGarbage();
  ASSERT_EQ(fake_.All(types::kConfigMap).size(), 1U);
  EXPECT_TRUE(fake_.Find(Ref("bystander")));
}

TEST_F(FakeApiServerTest, AFinalizerHoldsAnObjectUntilItIsTakenOff) {
  const Json made = Make("held", {{"finalizers", {"example.test/hold"}}});
  ASSERT_TRUE(client_->Delete(Ref("held"), {.uid = UidOf(made)}, {}));
  const auto held = fake_.Find(Ref("held"));
  ASSERT_TRUE(held);
  EXPECT_FALSE(StringAt(*held, "/metadata/deletionTimestamp").empty());
  fake_.EditAs("finalizer", Ref("held"), {{"metadata", {{"finalizers", nullptr}}}});
  EXPECT_FALSE(fake_.Find(Ref("held")));
}

TEST_F(FakeApiServerTest, CompactionEndsOldListsAndWatches) {
  for (const char* name : {"a", "b", "c"}) Make(name);
  const auto page = client_->List(types::kConfigMap, {.limit = 2}, {});
  ASSERT_TRUE(page);
  Make("d");
  fake_.Compact();
  EXPECT_EQ(
      client_->List(types::kConfigMap, {.continue_token = page->continue_token}, {}).error().code,
      ErrorCode::kGone);
  const WatchOptions old{.resource_version = page->resource_version};
  EXPECT_EQ(client_->Watch(types::kConfigMap, old, [](const WatchEvent&) {}, {}).error().code,
            ErrorCode::kGone);
}

TEST_F(FakeApiServerTest, AFaultMeetsItsConnectionAndItsCount) {
  const auto one = fake_.Connect("one");
  const auto two = fake_.Connect("two");
  const auto first = MakeRestClient(*one, clock_, metrics_);
  const auto second = MakeRestClient(*two, clock_, metrics_);
  fake_.InjectFault({.user_agent = "one"}, {.count = 2, .error = ErrorCode::kTransport});
  EXPECT_EQ(first->Get(Ref("a"), {}).error().code, ErrorCode::kTransport);
  EXPECT_EQ(second->Get(Ref("a"), {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(first->Get(Ref("a"), {}).error().code, ErrorCode::kTransport);
  EXPECT_EQ(first->Get(Ref("a"), {}).error().code, ErrorCode::kNotFound);
  ASSERT_EQ(fake_.Requests().size(), 4U);
  EXPECT_EQ(fake_.Requests()[0].user_agent, "one");
  EXPECT_EQ(fake_.Requests()[0].status, 0);
  EXPECT_EQ(fake_.Requests()[3].status, 404);
}

TEST_F(FakeApiServerTest, AFaultCanComeBeforeOrAfterTheCommit) {
  fake_.InjectFault({.verb = "apply", .name = "before"}, {.status = 500});
  fake_.InjectFault({.verb = "apply", .name = "after"},
                    {.when = Fault::When::kAfterCommit, .status = 500});
  EXPECT_FALSE(client_->Apply(types::kConfigMap, Intent("before"), {}, {}));
  EXPECT_FALSE(client_->Apply(types::kConfigMap, Intent("after"), {}, {}));
  EXPECT_FALSE(fake_.Find(Ref("before")));
  EXPECT_TRUE(fake_.Find(Ref("after")));
}

TEST_F(FakeApiServerTest, LatencyIsTimeOfTheClock) {
  fake_.InjectFault({.verb = "list"}, {.latency = 5s});
  const SteadyTime start = clock_.Now();
  std::jthread caller([&] { EXPECT_TRUE(client_->List(types::kConfigMap, {}, {})); });
  clock_.AwaitBlocked(1);
  clock_.Advance(5s);
  caller.join();
  EXPECT_EQ(clock_.Now() - start, 5s);
}

TEST_F(FakeApiServerTest, WritesLeaveReadsAndLeasesOut) {
  const Json made = Make("a");
  const auto lease =
      client_->Create(types::kLease, {{"metadata", {{"name", "l"}, {"namespace", "ns"}}}}, {});
  ASSERT_TRUE(lease);
  ASSERT_TRUE(client_->Get(Ref("a"), {}));
  ASSERT_TRUE(client_->Delete(Ref("a"), {.uid = UidOf(made)}, {}));
  const auto writes = fake_.Writes();
  ASSERT_EQ(writes.size(), 2U);
  EXPECT_EQ(writes[0].verb, "apply");
  EXPECT_EQ(writes[0].key, (ObjectKey{"ns", "a"}));
  EXPECT_EQ(writes[1].verb, "delete");
  EXPECT_EQ(fake_.Requests().size(), 4U);
}

TEST_F(FakeApiServerTest, AReviewIsAnsweredAndNotStored) {
  fake_.OnCreate(types::kTokenReview, [](const Json& review) {
    Json answer = review;
    answer["status"]["authenticated"] = StringAt(review, "/spec/token") == "good";
    return answer;
  });
  const Json review{{"spec", {{"token", "good"}}}};
  const auto answer = client_->Create(types::kTokenReview, review, {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(At(*answer, "/status/authenticated"), true);
  EXPECT_TRUE(fake_.All(types::kTokenReview).empty());
  EXPECT_TRUE(fake_.Writes().empty());
  EXPECT_EQ(client_->Create(types::kNamespace, Json::object(), {}).error().code,
            ErrorCode::kInvalid);  // only reviews go without a name
}

TEST_F(FakeApiServerTest, EditAsChangesSpecAndStatusAlike) {
  const ResourceRef ref{types::kStatefulSet, {"ns", "s"}};
  const Json made = fake_.EditAs("controller", ref,
                                 {{"spec", {{"replicas", 1}}}, {"status", {{"readyReplicas", 1}}}});
  EXPECT_EQ(GenerationOf(made), 1);
  EXPECT_EQ(IntAt(made, "/status/readyReplicas"), 1);
  const Json next = fake_.EditAs("controller", ref, {{"status", {{"readyReplicas", 0}}}});
  EXPECT_EQ(GenerationOf(next), 1);
  const std::uint64_t version = fake_.version();
  fake_.EditAs("controller", ref, {{"status", {{"readyReplicas", 0}}}});
  EXPECT_EQ(fake_.version(), version);  // nothing changed, nothing written
}

TEST_F(FakeApiServerTest, AnUnregisteredKindIsNotServed) {
  static constexpr ResourceType kThing{"example.test/v1/Thing/things"};
  EXPECT_EQ(client_->List(kThing, {}, {}).error().code, ErrorCode::kNotFound);
  fake_.Register(kThing);
  EXPECT_TRUE(client_->List(kThing, {}, {}));
  fake_.Unregister(kThing);
  EXPECT_EQ(client_->Serves(kThing, {}).value_or(true), false);
}

TEST_F(FakeApiServerTest, ConcurrentWritersGetVersionsOfTheirOwn) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([this, i] {
      for (int j = 0; j < 25; ++j) Make("w" + std::to_string(i) + "-" + std::to_string(j));
    });
  }
  writers.clear();
  std::set<std::uint64_t> versions;
  for (const Json& object : fake_.All(types::kConfigMap)) {
    versions.insert(ResourceVersionOf(object));
  }
  EXPECT_EQ(versions.size(), 100U);
}

}  // namespace
}  // namespace belvedere::kube

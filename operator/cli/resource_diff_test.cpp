#include "operator/cli/resource_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controllers/monitoringstack/kind.h"
#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"
#include "operator/runtime/ownership.h"

namespace belvedere::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Json Stack(const Json& spec) {
  return {{"apiVersion", "belvedere.dev/v1alpha1"},
          {"kind", "MonitoringStack"},
          {"metadata", {{"name", "main"}, {"namespace", "monitoring"}}},
          {"spec", spec}};
}

class ResourceDiffTest : public testing::Test {
 protected:
  ResourceDiffTest() { server_.Register(monitoringstack::kMonitoringStack); }

  // As an operator leaves the cluster once it has nothing more to do.
  void ApplyAndReconcile(const Json& spec) {
    const auto created = client_->Create(monitoringstack::kMonitoringStack, Stack(spec), {});
    ASSERT_TRUE(created) << created.error().message;
    const auto self = std::make_shared<cache::Primary>(cache::DecodePrimary(*created));
    runtime::World world;
    world.peers = {self};
    for (const runtime::Intent& intent : kind_.MakePlan(*self, world).intents) {
      const auto applied =
          client_->Apply(intent.type, runtime::OwnedIntent(kind_, *self, intent), {}, {});
      ASSERT_TRUE(applied) << applied.error().message;
    }
  }

  Result<ResourceDiff> Diff(const Json& spec) {
    const auto resources = ResourcesOf({{"test", Stack(spec)}}, "default", kinds_);
    if (!resources) return Fail(resources.error());
    auto diffs = DiffResources(*client_, resources->front(), {});
    if (!diffs) return Fail(diffs.error());
    return diffs->front();
  }

  static std::size_t Count(const ResourceDiff& diff, ObjectDiff::Kind kind) {
    return static_cast<std::size_t>(
        std::count_if(diff.objects.begin(), diff.objects.end(),
                      [kind](const ObjectDiff& object) { return object.kind == kind; }));
  }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = kube::MakeRestClient(server_, clock_, metrics_);
  const std::vector<std::unique_ptr<const runtime::Kind>> kinds_{AllKinds(operands::ImageTable())};
  const runtime::Kind& kind_{*kinds_.front()};
};

TEST_F(ResourceDiffTest, AllOfANewStackWouldBeCreated) {
  const auto diff = Diff(Json::object());
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_GT(diff->objects.size(), 10U);
  EXPECT_EQ(Count(*diff, ObjectDiff::Kind::kCreate), diff->objects.size());
  EXPECT_THAT(Describe(kind_, *diff), HasSubstr("# MonitoringStack monitoring/main"));
}

TEST_F(ResourceDiffTest, NothingDiffersAfterTheOperatorHasWorked) {
  ApplyAndReconcile(Json::object());
  const auto diff = Diff(Json::object());
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_EQ(Describe(kind_, *diff), "");
}

TEST_F(ResourceDiffTest, WritesNothing) {
  ApplyAndReconcile(Json::object());
  const std::uint64_t before = server_.version();
  ASSERT_TRUE(Diff({{"metrics", {{"replicas", 2}}}}));
  EXPECT_EQ(server_.version(), before);
}

TEST_F(ResourceDiffTest, AFieldOfTheSpecShowsWhereItEndsUp) {
  ApplyAndReconcile(Json::object());
  const auto diff = Diff({{"metrics", {{"replicas", 3}}}});
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_THAT(Describe(kind_, *diff), HasSubstr("spec.replicas: 1 -> 3"));
}

TEST_F(ResourceDiffTest, AForeignChangeShows) {
  ApplyAndReconcile(Json::object());
  const auto sets = server_.All(kube::types::kStatefulSet);
  ASSERT_FALSE(sets.empty());
  const kube::ResourceRef ref{kube::types::kStatefulSet, kube::KeyOf(sets.front())};
  server_.EditAs("someone", ref, {{"spec", {{"replicas", 7}}}});
  const auto diff = Diff(Json::object());
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_THAT(Describe(kind_, *diff), HasSubstr("spec.replicas: 7 -> 1"));
}

TEST_F(ResourceDiffTest, WhatIsMissingWouldBeCreatedAndWhatIsLeftOverDeleted) {
  ApplyAndReconcile(Json::object());
  const auto services = server_.All(kube::types::kService);
  ASSERT_FALSE(services.empty());
  server_.Remove({kube::types::kService, kube::KeyOf(services.front())});
  auto diff = Diff(Json::object());
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_EQ(diff->objects.size(), 1U);
  EXPECT_EQ(Count(*diff, ObjectDiff::Kind::kCreate), 1U);

  diff = Diff({{"targets", {{"kubernetes", {{"objects", {{"state", "Disabled"}}}}}}}});
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_GT(Count(*diff, ObjectDiff::Kind::kDelete), 0U);
  EXPECT_THAT(Describe(kind_, *diff), HasSubstr("would be deleted"));
}

TEST_F(ResourceDiffTest, SomebodyElsesObjectIsAConflict) {
  const auto first = Diff(Json::object());
  ASSERT_TRUE(first) << first.error().message;
  const auto found = std::find_if(
      first->objects.begin(), first->objects.end(),
      [](const ObjectDiff& object) { return object.ref.type == kube::types::kConfigMap; });
  ASSERT_NE(found, first->objects.end());
  const Json foreign{
      {"apiVersion", "v1"},
      {"kind", "ConfigMap"},
      {"metadata", {{"name", found->ref.key.name}, {"namespace", found->ref.key.ns}}}};
  ASSERT_TRUE(client_->Create(kube::types::kConfigMap, foreign, {}));
  const auto diff = Diff(Json::object());
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_EQ(Count(*diff, ObjectDiff::Kind::kConflict), 1U);
  EXPECT_THAT(Describe(kind_, *diff), HasSubstr("is not Belvedere's"));
}

TEST_F(ResourceDiffTest, AClusterWithoutTheCrdIsAnErrorThatSaysSo) {
  server_.Unregister(monitoringstack::kMonitoringStack);
  const auto diff = Diff(Json::object());
  ASSERT_FALSE(diff);
  EXPECT_THAT(diff.error().message, HasSubstr("install Belvedere's CRDs"));
}

TEST_F(ResourceDiffTest, AWrongSpecIsAnErrorThatNamesTheField) {
  const auto diff = Diff({{"metrics", {{"replicas", -1}}}});
  ASSERT_FALSE(diff);
  EXPECT_THAT(diff.error().message, HasSubstr("metrics.replicas"));
}

}  // namespace
}  // namespace belvedere::cli

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "operator/kube/rest_client.h"
#include "operator/runtime/testing/controller_fixture.h"

namespace belvedere::runtime {
namespace {

// What several resources share.
class SharedTest : public ControllerTest {};

TEST_F(SharedTest, HeirTakesOverWithoutDeletion) {
  Put("a", {{"text", "1"}, {"shared", true}});
  clock_.Advance(std::chrono::seconds(5));
  Put("b", {{"text", "1"}, {"shared", true}});
  Start();
  replica_->Settle();
  const Json before = Live(SingletonRef());
  EXPECT_EQ(kube::LabelOf(before, cache::kOwnerNameLabel), "a");
  server_.Remove(ToyRef("a"));
  server_.CollectGarbage();
  replica_->Settle();
  const Json after = Live(SingletonRef());
  EXPECT_EQ(kube::UidOf(after), kube::UidOf(before));
  EXPECT_EQ(kube::LabelOf(after, cache::kOwnerUidLabel), kube::UidOf(Live(ToyRef("b"))));
  EXPECT_FALSE(server_.Find(BindingRef("a")).has_value());
}

TEST_F(SharedTest, GivenUpSingletonPassesToTheNext) {
  Put("a", {{"text", "1"}, {"shared", true}});
  clock_.Advance(std::chrono::seconds(5));
  Put("b", {{"text", "1"}, {"shared", true}});
  Start();
  replica_->Settle();
  Put("a", {{"shared", nullptr}});
  replica_->Settle();
  EXPECT_EQ(kube::LabelOf(Live(SingletonRef()), cache::kOwnerNameLabel), "b");
}

TEST_F(SharedTest, WhoWritesWhatIsSharedHearsOfEverySharer) {
  Put("a", {{"text", "1"}, {"shared", true}});
  Start();
  replica_->Settle();
  EXPECT_EQ(TextOf(SingletonRef()), "a");
  clock_.Advance(std::chrono::seconds(5));
  Put("b", {{"text", "1"}, {"shared", true}});
  replica_->Settle();
  EXPECT_EQ(TextOf(SingletonRef()), "a b");
  server_.Remove(ToyRef("b"));
  replica_->Settle();
  EXPECT_EQ(TextOf(SingletonRef()), "a");
}

// A pod whose ServiceAccount went before it has a token of nobody's; should an heir come in between
// and take the workload over, the pod keeps it.
TEST_F(SharedTest, WorkloadsOfAnOwnerThatIsGoneAreDeletedFirst) {
  const auto connection = server_.Connect("earlier");
  Metrics metrics;
  const auto client = kube::MakeRestClient(*connection, clock_, metrics, {});
  const Json labels = {{cache::kManagedByLabel, cache::kManagedByValue},
                       {cache::kOwnerUidLabel, "11111111-2222-4333-8444-555555555555"},
                       {cache::kOwnerKindLabel, std::string(kToyType.plural())},
                       {cache::kOwnerNamespaceLabel, "toys"},
                       {cache::kOwnerNameLabel, "gone"}};
  for (const auto& type : {kube::types::kConfigMap, kube::types::kStatefulSet}) {
    const Json left = {
        {"metadata", {{"namespace", "elsewhere"}, {"name", "left"}, {"labels", labels}}}};
    ASSERT_TRUE(client->Apply(type, left, {}, {}));
  }
  server_.ClearLog();
  Start();
  replica_->Settle();
  std::vector<std::string> deleted;
  for (const auto& write : server_.Writes()) {
    if (write.verb == "delete") deleted.emplace_back(write.type.kind());
  }
  EXPECT_EQ(deleted, (std::vector<std::string>{"StatefulSet", "ConfigMap"}));
}

TEST_F(SharedTest, WhatOthersDependOnIsWrittenByAHolderThatIsPausedOrRefused) {
  Put("a", {{"text", "1"}, {"shared", true}});
  Start();
  replica_->Settle();
  EXPECT_EQ(TextOf(SingletonRef()), "a");
  for (const Json& held : {Json{{"management", "Paused"}}, Json{{"refused", "spec.text: no"}}}) {
    Json spec = held;
    spec["text"] = "2";
    Put("a", spec);
    Put("b", {{"shared", true}});
    replica_->Settle();
    EXPECT_EQ(TextOf(SingletonRef()), "a b") << held.dump();
    EXPECT_EQ(TextOf(ConfigMapRef("a")), "1") << held.dump();
    Put("b", {{"shared", nullptr}});
    replica_->Settle();
    EXPECT_EQ(TextOf(SingletonRef()), "a") << held.dump();
  }
}

}  // namespace
}  // namespace belvedere::runtime

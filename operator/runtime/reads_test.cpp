#include <gtest/gtest.h>

#include <string>

#include "operator/runtime/testing/controller_fixture.h"

namespace belvedere::runtime {
namespace {

// Toys read boxes, and boxes read toys.
class ReadsTest : public ControllerTest {
 protected:
  ReadsTest() { server_.Register(kBoxType); }

  std::vector<const Kind*> Kinds() const override { return {&kind_, &boxes_}; }
  void PutBox(const std::string& name, const std::string& toy, const std::string& text) {
    server_.EditAs("user", BoxRef(name), {{"spec", {{"toy", toy}, {"text", text}}}});
  }
  // Passes over the resources of a kind so far.
  std::uint64_t Passes(const std::string& plural) {
    const auto count = [&](const char* result) {
      return replica_->metrics()
          .GetCounter("controller_runtime_reconcile_total", "",
                      {{"controller", plural}, {"result", result}})
          .value();
    };
    return count("success") + count("requeue");
  }
  std::int64_t ChildrenSeenBy(const std::string& box) {
    return IntAt(Live(BoxRef(box)), "/status/children");
  }

  const BoxKind boxes_;
};

TEST_F(ReadsTest, APlanHoldsWhatOtherKindsSay) {
  Put("a", {{"text", "1"}});
  PutBox("x", "a", "red");
  PutBox("y", "b", "blue");
  Start();
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1+red");
}

TEST_F(ReadsTest, AChangeConcernsWhoIsNamedAndNobodyElse) {
  Put("a", {{"text", "1"}});
  Put("b", {{"text", "2"}});
  PutBox("x", "a", "red");
  Start();
  replica_->Settle();
  server_.ClearLog();
  const std::uint64_t before = Passes("toys");
  PutBox("x", "a", "green");
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1+green");
  EXPECT_EQ(Writes(), (std::map<std::string, int>{{"apply ConfigMap toys/a", 1},
                                                  {"apply Box toys/x/status", 1}}));
  // Once for the box, once for the child that it changed, once for the status of the box.
  EXPECT_LE(Passes("toys") - before, 3U);
}

TEST_F(ReadsTest, WhatItLeavesIsConcernedAsWellAsWhatItJoins) {
  Put("a", {{"text", "1"}});
  Put("b", {{"text", "2"}});
  PutBox("x", "a", "red");
  Start();
  replica_->Settle();
  PutBox("x", "b", "red");
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1");
  EXPECT_EQ(TextOf(ConfigMapRef("b")), "2+red");
  server_.Remove(BoxRef("x"));
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("b")), "2");
}

// The status is our own write, which the watch does not bring again.
TEST_F(ReadsTest, AStatusThatIsReadReachesItsReader) {
  PutBox("x", "a", "red");
  Start();
  replica_->Settle();
  EXPECT_EQ(ChildrenSeenBy("x"), -1);
  Put("a", {{"text", "1"}});
  replica_->Settle();
  EXPECT_EQ(ChildrenSeenBy("x"), 3);
  Put("a", {{"text", "1"}, {"extra", true}});
  replica_->Settle();
  EXPECT_EQ(ChildrenSeenBy("x"), 4);
}

TEST_F(ReadsTest, ALabelOfTheNamespaceOfWhatIsReadIsSeen) {
  server_.EditAs("user", {kube::types::kNamespace, {"", "toys"}}, Json::object());
  Put("a", {{"text", "1"}});
  PutBox("x", "a", "red");
  Start();
  replica_->Settle();
  server_.EditAs("user", {kube::types::kNamespace, {"", "toys"}},
                 {{"metadata", {{"labels", {{"mark", "new"}}}}}});
  replica_->Settle();
  EXPECT_EQ(TextOf(ConfigMapRef("a")), "1+red@new");
}

TEST_F(ReadsTest, RestsAndRestartsWriteNothing) {
  Put("a", {{"text", "1"}});
  for (int i = 0; i < 10; ++i) PutBox("x" + std::to_string(i), "a", "red");
  Start();
  replica_->Settle();
  server_.ClearLog();
  replica_->controllers().Resync();
  replica_->Settle();
  Restart();
  replica_->Settle();
  EXPECT_THAT(server_.Writes(), testing::IsEmpty());
}

}  // namespace
}  // namespace belvedere::runtime

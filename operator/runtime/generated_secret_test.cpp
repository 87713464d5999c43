#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/runtime/testing/controller_fixture.h"

namespace belvedere::runtime {
namespace {

using kube::Fault;
using ::testing::IsEmpty;

const kube::ResourceRef kMarker = ConfigMapRef("a-secret");
const kube::ResourceRef kReader{kube::types::kStatefulSet, {"toys", "a"}};
const kube::ResourceRef kSecretRef{kube::types::kSecret, {"toys", "a-secret"}};

class GeneratedSecretTest : public ControllerTest {
 protected:
  void PutAndSettle() {
    Put("a", {{"text", "x"}, {"secret", true}});
    Start();
    replica_->Settle();
  }
  int Creations() { return Writes()["create Secret toys/a-secret"]; }
  std::string Password() { return StringAt(Live(kSecretRef), "/stringData/password"); }
};

TEST_F(GeneratedSecretTest, IsMadeOnceAndBelongsToItsMarker) {
  PutAndSettle();
  const Json secret = Live(kSecretRef);
  EXPECT_EQ(Password().size(), 32U);
  EXPECT_EQ(StringAt(secret, "/stringData/username"), "admin");
  EXPECT_EQ(StringAt(secret, "/metadata/ownerReferences/0/uid"), kube::UidOf(Live(kMarker)));
  EXPECT_EQ(kube::LabelOf(secret, cache::kManagedByLabel), cache::kManagedByValue);
  EXPECT_EQ(TextOf(kMarker), "made");
  EXPECT_EQ(Creations(), 1);
}

TEST_F(GeneratedSecretTest, IsNeverReadAndNeverTouchedAgain) {
  PutAndSettle();
  server_.EditAs("somebody", kMarker, {{"data", {{"text", "other"}}}});
  replica_->Settle();
  EXPECT_EQ(TextOf(kMarker), "made");
  for (const auto& request : server_.Requests()) {
    if (request.type != kube::types::kSecret) continue;
    EXPECT_EQ(request.verb, "create");
  }
  const std::string password = Password();
  server_.ClearLog();
  replica_->controllers().Resync();
  replica_->Settle();
  Restart();
  replica_->Settle();
  EXPECT_THAT(server_.Writes(), IsEmpty());
  EXPECT_EQ(Password(), password);
}

// Whatever fails in between, in the end there is one Secret of one password.
TEST_F(GeneratedSecretTest, IsMadeInSpiteOfFaults) {
  const std::vector<Fault> faults = {
      {.error = ErrorCode::kTransport},
      {.when = Fault::When::kAfterCommit, .error = ErrorCode::kTimeout},  // a lost reply
      {.status = 500, .reason = "InternalError"},
  };
  Start();
  int number = 0;
  for (const Fault& fault : faults) {
    for (const auto& [verb, type] :
         {std::pair{"create", kube::types::kSecret}, {"apply", kube::types::kConfigMap}}) {
      const std::string name = "b" + std::to_string(number++);
      server_.InjectFault({.verb = verb, .type = type, .name = name + "-secret", .user_agent = {}},
                          fault);
      Put(name, {{"text", "x"}, {"secret", true}});
      replica_->Settle();
      const Json secret = Live({kube::types::kSecret, {"toys", name + "-secret"}});
      const kube::ResourceRef marker = ConfigMapRef(name + "-secret");
      EXPECT_EQ(StringAt(secret, "/metadata/ownerReferences/0/uid"), kube::UidOf(Live(marker)));
      EXPECT_EQ(TextOf(marker), "made") << verb;
      EXPECT_EQ(ReasonOf(name, "Ready"), "True Reconciled") << number;
      server_.ClearFaults();
    }
  }
}

// Also where an operator ends between the two.
TEST_F(GeneratedSecretTest, IsMadeBeforeItsReaderIsWritten) {
  server_.InjectFault(
      {.verb = "create", .type = kube::types::kSecret, .name = {}, .user_agent = {}},
      {.count = 1'000, .status = 403, .reason = "Forbidden"});
  Start();
  Put("a", {{"text", "x"}, {"secret", true}});
  while (!server_.Find(kMarker).has_value()) replica_->SettleNow();
  Restart();
  replica_->SettleNow();
  EXPECT_FALSE(server_.Find(kSecretRef).has_value());
  EXPECT_FALSE(server_.Find(kReader).has_value());
  server_.ClearFaults();
  replica_->Settle();
  EXPECT_TRUE(server_.Find(kSecretRef).has_value());
  EXPECT_TRUE(server_.Find(kReader).has_value());
}

TEST_F(GeneratedSecretTest, TakesOneWriteAndItsMarkerAnother) {
  PutAndSettle();
  EXPECT_EQ(Creations(), 1);
  EXPECT_EQ(Writes()["apply ConfigMap toys/a-secret"], 1);
  EXPECT_EQ(Writes()["apply StatefulSet toys/a"], 1);
}

}  // namespace
}  // namespace belvedere::runtime

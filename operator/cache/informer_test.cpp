#include "operator/cache/informer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "operator/base/testing/manual_clock.h"
#include "operator/cache/projection.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::cache {
namespace {

using kube::types::kConfigMap;

class InformerTest : public testing::Test {
 protected:
  Json Apply(const std::string& name) {
    const Json intent{{"metadata", {{"name", name}, {"namespace", "ns"}}}, {"data", {{"a", "1"}}}};
    const auto answer = client_->Apply(kConfigMap, intent, {}, {});
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(Json());
  }
  void AwaitStored(const std::string& name) {
    while (store_.Find({kConfigMap, {"ns", name}}) == nullptr) std::this_thread::yield();
  }
  static Child Decoded(const Json& object) { return DecodeChild(kConfigMap, object); }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = kube::MakeRestClient(server_, clock_, metrics_);
  Store<kube::ResourceRef, Child> store_;
  std::atomic<int> decoded_{0};
  Informer<kube::ResourceRef, Child> informer_{
      *client_,
      clock_,
      metrics_,
      {.type = kConfigMap},
      store_,
      {[this](const Json& object, const Child* /*before*/) {
         ++decoded_;
         return Decoded(object);
       },
       [](kube::ObjectKey key) {
         return kube::ResourceRef{kConfigMap, std::move(key)};
       },
       [](const kube::ResourceRef& ref) -> const kube::ObjectKey& { return ref.key; }},
      [](const auto& /*before*/, const auto& /*after*/) {}};
  std::jthread thread_{[this](std::stop_token stop) { informer_.Run(std::move(stop)); }};
};

TEST_F(InformerTest, AnEventThatComesBeforeItsAnswerIsNotDecoded) {
  server_.AwaitWatches(kConfigMap, 1);
  {
    const auto expectation = store_.Expect({kConfigMap, {"ns", "ours"}});
    const Json answer = Apply("ours");
    clock_.AwaitBlocked(1);  // the informer, with the event
    EXPECT_EQ(store_.size(), 0U);
    store_.Put(Decoded(answer));
  }
  Apply("theirs");
  AwaitStored("theirs");
  EXPECT_EQ(decoded_, 1);
}

TEST_F(InformerTest, AnEventWhoseAnswerWasLostIsDecoded) {
  server_.AwaitWatches(kConfigMap, 1);
  {
    const auto expectation = store_.Expect({kConfigMap, {"ns", "ours"}});
    Apply("ours");
    clock_.AwaitBlocked(1);
  }
  AwaitStored("ours");
  EXPECT_EQ(decoded_, 1);
}

}  // namespace
}  // namespace belvedere::cache

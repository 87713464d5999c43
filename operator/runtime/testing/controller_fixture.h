#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/runtime/conditions.h"
#include "operator/runtime/testing/fake_agents.h"
#include "operator/runtime/testing/replica.h"
#include "operator/runtime/testing/toy_kind.h"

namespace belvedere::runtime {

// An operator of toys beside a fake API server.
class ControllerTest : public testing::Test {
 protected:
  ControllerTest() { server_.Register(kToyType); }

  void Start() {
    replica_ = NewReplica("operator");
    replica_->Warm();
    replica_->Lead();
  }
  std::unique_ptr<Replica> NewReplica(const std::string& name) {
    return std::make_unique<Replica>(
        server_, clock_, Kinds(), name,
        [this](const std::string& url) { return agents_.Connect(url); });
  }
  virtual std::vector<const Kind*> Kinds() const { return {&kind_}; }
  void Restart() {
    replica_.reset();
    Start();
  }
  void Put(const std::string& name, Json spec, const std::string& ns = "toys") {
    server_.EditAs("user", ToyRef(name, ns), {{"spec", std::move(spec)}});
  }
  Json Live(const kube::ResourceRef& ref) { return server_.Find(ref).value_or(Json()); }
  std::string TextOf(const kube::ResourceRef& ref) { return StringAt(Live(ref), "/data/text"); }

  // Writes of the operator as "verb Kind key" to how often, events left out.
  std::map<std::string, int> Writes() {
    std::map<std::string, int> writes;
    for (const auto& request : server_.Writes()) {
      if (request.type == kube::types::kEvent) continue;
      const std::string part = request.subresource == kube::Subresource::kStatus ? "/status" : "";
      ++writes[request.verb + " " + kube::ToString(kube::ResourceRef{request.type, request.key}) +
               part];
    }
    return writes;
  }
  Condition ConditionOf(const std::string& name, std::string_view type) {
    const auto conditions = ConditionsFrom(At(Live(ToyRef(name)), "/status"));
    const Condition* found = FindCondition(conditions, type);
    return found == nullptr ? Condition{} : *found;
  }
  std::string ReasonOf(const std::string& name, std::string_view type) {
    const Condition condition = ConditionOf(name, type);
    return std::string(ToString(condition.status)) + " " + condition.cause.reason;
  }
  // Lets time pass until the condition reads so.
  void AwaitReason(const std::string& name, std::string_view type, const std::string& wanted) {
    while (ReasonOf(name, type) != wanted) {
      clock_.Advance(std::chrono::milliseconds(10));
      replica_->SettleNow();
    }
  }
  std::vector<std::string> EventReasons() {
    std::vector<std::string> reasons;
    for (const Json& event : server_.All(kube::types::kEvent)) {
      reasons.push_back(StringAt(event, "/reason"));
    }
    std::ranges::sort(reasons);
    return reasons;
  }

  ManualClock clock_;
  kube::FakeApiServer server_{clock_};
  ToyKind kind_;
  FakeAgents agents_;
  std::unique_ptr<Replica> replica_;
};

}  // namespace belvedere::runtime

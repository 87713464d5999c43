#include "operator/cache/projection.h"

#include <gtest/gtest.h>

#include "operator/kube/object_text.h"

namespace belvedere::cache {
namespace {

using kube::types::kConfigMap;
using kube::types::kDaemonSet;
using kube::types::kDeployment;
using kube::types::kStatefulSet;

Json Owner(const std::string& kind, const std::string& name, const std::string& uid) {
  return {{"kind", kind}, {"name", name}, {"uid", uid}, {"controller", true}};
}

TEST(DecodePrimary, ReadsWhatIsRead) {
  const Primary primary = DecodePrimary(
      {{"metadata",
        {{"namespace", "ns"},
         {"name", "a"},
         {"uid", "u"},
         {"resourceVersion", "7"},
         {"generation", 3},
         {"creationTimestamp", "2026-01-01T00:00:00Z"},
         {"deletionTimestamp", "2026-01-02T00:00:00Z"},
         {"annotations", {{"belvedere.dev/x", "1"}, {"other", "2"}, {"belvedere.dev/bad", 3}}}}},
       {"spec", {{"b", 1}, {"a", 2}}},
       {"status", {{"observedGeneration", 3}}}});
  EXPECT_EQ(primary.key, (kube::ObjectKey{"ns", "a"}));
  EXPECT_EQ(primary.uid, "u");
  EXPECT_EQ(primary.resource_version, 7U);
  EXPECT_EQ(primary.generation, 3);
  EXPECT_TRUE(primary.deleting);
  EXPECT_EQ(primary.annotations, (std::map<std::string, std::string>{{"belvedere.dev/x", "1"}}));
  EXPECT_EQ(primary.spec, R"({"a":2,"b":1})");
  EXPECT_EQ(primary.status, R"({"observedGeneration":3})");
}

TEST(DecodeChild, OwnerByReferenceOutranksTheLabel) {
  Json object{{"metadata",
               {{"labels", {{kOwnerUidLabel, "by-label"}}},
                {"ownerReferences", Json::array({Owner("Toy", "t", "by-reference")})}}}};
  EXPECT_EQ(DecodeChild(kConfigMap, object).owner_uid, "by-reference");
  EXPECT_EQ(DecodeChild(kConfigMap, object).owned_by, OwnedBy::kReference);
  object["metadata"]["ownerReferences"][0]["controller"] = false;
  EXPECT_EQ(DecodeChild(kConfigMap, object).owner_uid, "by-label");
  EXPECT_EQ(DecodeChild(kConfigMap, object).owned_by, OwnedBy::kInventory);
  object["metadata"].erase("labels");
  EXPECT_EQ(DecodeChild(kConfigMap, object).owned_by, OwnedBy::kNobody);
}

TEST(DecodeChild, RolloutsInOneShape) {
  const Json replicas{{"metadata", {{"generation", 4}}},
                      {"spec", {{"replicas", 3}}},
                      {"status",
                       {{"observedGeneration", 3},
                        {"updatedReplicas", 2},
                        {"readyReplicas", 1},
                        {"availableReplicas", 1}}}};
  const Rollout wanted{.generation = 4,
                       .observed_generation = 3,
                       .desired = 3,
                       .updated = 2,
                       .ready = 1,
                       .available = 1};
  EXPECT_EQ(DecodeChild(kStatefulSet, replicas).rollout, wanted);
  EXPECT_EQ(DecodeChild(kDeployment, replicas).rollout, wanted);
  const Json daemons{{"metadata", {{"generation", 4}}},
                     {"status",
                      {{"observedGeneration", 3},
                       {"desiredNumberScheduled", 3},
                       {"updatedNumberScheduled", 2},
                       {"numberReady", 1},
                       {"numberAvailable", 1}}}};
  EXPECT_EQ(DecodeChild(kDaemonSet, daemons).rollout, wanted);
  EXPECT_EQ(DecodeChild(kConfigMap, replicas).rollout, std::nullopt);
  EXPECT_EQ(DecodeChild(kStatefulSet, Json::object()).rollout->desired, 1);
}

TEST(DecodeChild, WhatIsSealedIsNotHashedAnew) {
  Json entry{{"manager", "belvedere"},
             {"operation", "Apply"},
             {kube::kSeal, 7},
             {"fieldsV1", {{"f:data", Json::object()}}}};
  Json object{{"metadata", {{"uid", "u"}, {"managedFields", Json::array({entry})}}},
              {"data", {{"a", "1"}}}};
  const Child before = DecodeChild(kStatefulSet, object);
  ASSERT_NE(before.owned_hash, 0U);
  Json& live = object["metadata"]["managedFields"][0];
  live["fieldsV1"] = Json::object();
  EXPECT_EQ(DecodeChild(kStatefulSet, object, &before).owned_hash, before.owned_hash);
  live[kube::kSeal] = 8;
  EXPECT_EQ(DecodeChild(kStatefulSet, object, &before).owned_hash, 0U);
  live[kube::kSeal] = 7;
  object["metadata"]["uid"] = "another";
  EXPECT_EQ(DecodeChild(kStatefulSet, object, &before).owned_hash, 0U);
}

TEST(DecodePod, WorkloadOfEachKind) {
  Json pod{{"metadata",
            {{"namespace", "ns"},
             {"name", "p"},
             {"labels", {{"pod-template-hash", "abc12"}}},
             {"ownerReferences", Json::array({Owner("StatefulSet", "prometheus", "u")})}}}};
  EXPECT_EQ(DecodePod(pod).workload_kind, "StatefulSet");
  EXPECT_EQ(DecodePod(pod).workload_name, "prometheus");
  pod["metadata"]["ownerReferences"][0] = Owner("ReplicaSet", "grafana-abc12", "u");
  EXPECT_EQ(DecodePod(pod).workload_kind, "Deployment");
  EXPECT_EQ(DecodePod(pod).workload_name, "grafana");
  pod["metadata"].erase("ownerReferences");
  EXPECT_EQ(DecodePod(pod).workload_kind, "");
}

TEST(DecodePod, FirstWaitingReasonThatSaysSomething) {
  Json pod{{"status",
            {{"podIP", "10.0.0.1"},
             {"conditions", Json::array({{{"type", "Ready"}, {"status", "True"}}})},
             {"containerStatuses",
              Json::array({{{"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}},
                           {{"state",
                             {{"waiting",
                               {{"reason", "CrashLoopBackOff"},
                                {"message", "back-off 5m0s restarting"}}}}}}})}}}};
  Pod decoded = DecodePod(pod);
  EXPECT_TRUE(decoded.ready);
  EXPECT_EQ(decoded.ip, "10.0.0.1");
  EXPECT_EQ(decoded.waiting_reason, "CrashLoopBackOff");
  EXPECT_EQ(decoded.waiting_message, "back-off 5m0s restarting");
  pod["status"]["containerStatuses"][1]["lastState"]["terminated"]["message"] =
      "starts\nError: no such file\n";
  EXPECT_EQ(DecodePod(pod).waiting_message, "Error: no such file");
  pod["status"] = {{"conditions", Json::array({{{"type", "PodScheduled"},
                                                {"status", "False"},
                                                {"reason", "Unschedulable"},
                                                {"message", "0/3 nodes are available"}}})}};
  decoded = DecodePod(pod);
  EXPECT_EQ(decoded.waiting_reason, "Unschedulable");
  EXPECT_EQ(decoded.waiting_message, "0/3 nodes are available");
}

TEST(DecodePod, LongMessagesAreCutBetweenCharacters) {
  std::string message(255, 'x');
  message += "äöü";
  const Pod pod = DecodePod(
      {{"status",
        {{"containerStatuses",
          Json::array({{{"state", {{"waiting", {{"reason", "E"}, {"message", message}}}}}}})}}}});
  EXPECT_EQ(pod.waiting_message, std::string(255, 'x'));
}

TEST(Decode, NonsenseReadsAsEmpty) {
  for (const Json& object :
       {Json(), Json(7), Json::array({1}), Json{{"metadata", "x"}, {"spec", 1}, {"status", {1}}},
        Json{{"metadata", {{"ownerReferences", {1, "x", nullptr}}, {"labels", {1}}}},
             {"status", {{"containerStatuses", {1}}, {"conditions", {"x"}}}}}}) {
    EXPECT_EQ(DecodePrimary(object).uid, "");
    EXPECT_EQ(DecodeChild(kDaemonSet, object).owned_hash, 0U);
    EXPECT_EQ(DecodePod(object).waiting_reason, "");
  }
}

TEST(Lists, KnowsWholeWordsAlone) {
  EXPECT_TRUE(Lists("a@1", "a@1"));
  EXPECT_TRUE(Lists("ba@1 a@11 a@1 c@1", "a@1"));
  EXPECT_TRUE(Lists("c@1 a@1", "a@1"));
  EXPECT_FALSE(Lists("ba@1 a@11 !a@1", "a@1"));
  EXPECT_FALSE(Lists("", "a@1"));
  EXPECT_FALSE(Lists("", "")) << "nothing is asked for";
}

}  // namespace
}  // namespace belvedere::cache

// What "as the server stores them" means for each kind of child, shown on a real API server.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "operator/base/metrics.h"
#include "operator/cache/owned_hash.h"
#include "operator/http/cpprest_transport.h"
#include "operator/kube/config.h"
#include "operator/kube/rest_client.h"

namespace belvedere::cache {
namespace {

namespace types = kube::types;

Json Item(const char* text) { return Json::parse(text); }

struct Sample {
  const char* name;
  kube::ResourceType type;
  Json fields;  // beside apiVersion, kind and identity
};

const Json kLabels{{"app.kubernetes.io/name", "x"}, {"app.kubernetes.io/managed-by", "belvedere"}};

// A pod template in canonical form. What is not obvious: an atomic part (fieldRef, the sources of a
// projected volume, probes' httpHeaders, tolerations) is owned whole, so the server's defaults
// inside it must be written out; a granular part needs only what is meant.
Json PodTemplate() {
  return {{"metadata", {{"labels", {{"app", "x"}}}, {"annotations", {{"sum", "1"}}}}},
          {"spec", Item(R"({
    "serviceAccountName": "x", "automountServiceAccountToken": false,
    "securityContext": {"runAsNonRoot": true, "fsGroup": 65534,
                        "seccompProfile": {"type": "RuntimeDefault"}},
    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
      {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": {"app": "x"}}}}]}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
      "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"app": "x"}}}],
    "tolerations": [{"operator": "Exists"}],
    "initContainers": [{"name": "check", "image": "x:1", "args": ["check"]}],
    "containers": [
      {"name": "z", "image": "x:1", "args": ["--b", "--a"],
       "ports": [{"name": "http", "containerPort": 9090}, {"name": "dns", "containerPort": 53,
                 "protocol": "UDP"}],
       "env": [{"name": "Z", "value": "1"},
               {"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1",
                                                        "fieldPath": "metadata.name"}}}],
       "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
       "readinessProbe": {"httpGet": {"path": "/-/ready", "port": "http"}, "periodSeconds": 5},
       "volumeMounts": [{"name": "config", "mountPath": "/etc/x"},
                        {"name": "data", "mountPath": "/data"}],
       "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                           "capabilities": {"drop": ["ALL"]}}},
      {"name": "agent", "image": "a:1"}],
    "volumes": [
      {"name": "config", "configMap": {"name": "x"}},
      {"name": "data", "emptyDir": {}},
      {"name": "sized", "emptyDir": {"sizeLimit": "1Gi"}},
      {"name": "token", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600, "audience": "y"}},
        {"configMap": {"name": "kube-root-ca.crt",
                       "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}]
  })")}};
}

Json Workload(Json more) {
  Json spec{{"selector", {{"matchLabels", {{"app", "x"}}}}}, {"template", PodTemplate()}};
  spec.update(more);
  return {{"metadata", {{"labels", kLabels}}}, {"spec", std::move(spec)}};
}

std::vector<Sample> Samples() {
  return {
      {"ConfigMap",
       types::kConfigMap,
       {{"metadata", {{"labels", kLabels}}},
        {"data", {{"a.yml", "x: 1\n"}, {"b", ""}}},
        {"immutable", true}}},
      {"ServiceAccount",
       types::kServiceAccount,
       {{"metadata", {{"labels", kLabels}}}, {"automountServiceAccountToken", false}}},
      {"Service",
       types::kService,
       {{"metadata", {{"labels", kLabels}}},
        {"spec",
         {{"clusterIP", "None"},
          {"publishNotReadyAddresses", true},
          {"selector", {{"app", "x"}}},
          {"ports", Item(R"([{"name": "web", "port": 9090, "targetPort": "http"},
                             {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}])")}}}}},
      {"StatefulSet", types::kStatefulSet, Workload(Item(R"({
         "serviceName": "x", "replicas": 2, "podManagementPolicy": "Parallel",
         "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
         "updateStrategy": {"type": "RollingUpdate"},
         "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
           "metadata": {"name": "data"},
           "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                    "resources": {"requests": {"storage": "10Gi"}}},
           "status": {"phase": "Pending"}}]})"))},
      {"Deployment", types::kDeployment,
       Workload({{"replicas", 1}, {"strategy", {{"type", "Recreate"}}}})},
      {"DaemonSet", types::kDaemonSet,
       Workload({{"updateStrategy",
                  {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", 1}}}}}})},
      {"PodDisruptionBudget",
       types::kPodDisruptionBudget,
       {{"metadata", {{"labels", kLabels}}},
        {"spec", {{"maxUnavailable", 1}, {"selector", {{"matchLabels", {{"app", "x"}}}}}}}}},
      {"NetworkPolicy",
       types::kNetworkPolicy,
       {{"metadata", {{"labels", kLabels}}}, {"spec", Item(R"({
          "podSelector": {"matchLabels": {"app": "x"}}, "policyTypes": ["Ingress"],
          "ingress": [{"ports": [{"port": 9090, "protocol": "TCP"}],
                       "from": [{"namespaceSelector": {}}]},
                      {"from": [{"podSelector": {}}]}]})")}}},
      {"RoleBinding",
       types::kRoleBinding,
       {{"metadata", {{"labels", kLabels}}},
        {"roleRef",
         {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "view"}}},
        {"subjects",
         Item(R"([{"kind": "ServiceAccount", "name": "x", "namespace": "default"}])")}}},
      {"ClusterRoleBinding",
       types::kClusterRoleBinding,
       {{"metadata", {{"labels", kLabels}}},
        {"roleRef",
         {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "view"}}},
        {"subjects",
         Item(R"([{"kind": "ServiceAccount", "name": "x", "namespace": "default"}])")}}},
  };
}

class CanonicalFormTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("BELVEDERE_TEST_KUBECONFIG");
    if (path == nullptr) GTEST_SKIP() << "set BELVEDERE_TEST_KUBECONFIG to run on a real server";
    auto config = kube::LoadKubeconfig(path);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    http::InitTransports();
    credentials_.Set(config->credentials);
    transport_ = http::MakeCpprestTransport({.base_url = config->server,
                                             .server_name = config->server_name,
                                             .user_agent = "belvedere-canonical-form-test"},
                                            credentials_);
    client_ = kube::MakeRestClient(*transport_, RealClock(), metrics_);
    name_ = "canonical-" + std::to_string(std::random_device{}());
    const auto made = client_->Create(types::kNamespace, {{"metadata", {{"name", name_}}}}, {});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    made_.push_back(*made);
    made_types_.push_back(types::kNamespace);
  }
  void TearDown() override {
    for (std::size_t i = made_.size(); i-- > 0;) {
      const Status gone = client_->Delete({made_types_[i], kube::KeyOf(made_[i])},
                                          {.uid = kube::UidOf(made_[i])}, {});
      EXPECT_TRUE(gone.has_value()) << gone.error().message;
    }
  }

  Json IntentOf(const Sample& sample) {
    Json intent = sample.fields;
    intent["metadata"]["name"] = name_;
    if (sample.type.scope() == kube::Scope::kNamespaced) intent["metadata"]["namespace"] = name_;
    // As the engine names an owner; here the namespace, which lives as long as its content.
    if (sample.type.scope() == kube::Scope::kNamespaced) return intent;
    intent["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "v1"},
                                                          {"kind", "Namespace"},
                                                          {"name", name_},
                                                          {"uid", kube::UidOf(made_.front())},
                                                          {"controller", true},
                                                          {"blockOwnerDeletion", true}}});
    return intent;
  }
  Json Create(const Sample& sample, const Json& intent) {
    auto live = client_->Apply(sample.type, intent, {.mode = kube::ApplyMode::kCreateOnly}, {});
    EXPECT_TRUE(live.has_value()) << live.error().message;
    if (!live.has_value()) return {};
    made_.push_back(*live);
    made_types_.push_back(sample.type);
    return *live;
  }
  Json Update(const Sample& sample, const Json& intent, const Json& before) {
    auto live =
        client_->Apply(sample.type, intent,
                       {.mode = kube::ApplyMode::kUpdateOwned, .uid = kube::UidOf(before)}, {});
    EXPECT_TRUE(live.has_value()) << live.error().message;
    return live.value_or(Json());
  }
  static void ExpectSame(const Json& live, const Json& intent, const char* what) {
    EXPECT_EQ(Dump(OwnedFields(live)), Dump(IntentFields(intent))) << what;
    EXPECT_EQ(OwnedHash(live), IntentHash(intent)) << what;
  }
  Sample Find(const std::string& name) {
    for (Sample& sample : samples_) {
      if (sample.name == name) return sample;
    }
    throw std::out_of_range(name);
  }

  std::vector<Sample> samples_ = Samples();
  Metrics metrics_;
  http::CredentialSource credentials_{http::Credentials{}};
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
  std::string name_;
  std::vector<Json> made_;
  std::vector<kube::ResourceType> made_types_;
};

TEST_F(CanonicalFormTest, EveryKindHashesAsItsIntentAfterCreationAndUpdate) {
  for (const Sample& sample : samples_) {
    Json intent = IntentOf(sample);
    const Json created = Create(sample, intent);
    if (HasFatalFailure() || created.is_null()) continue;
    ExpectSame(created, intent, sample.name);
    intent["metadata"]["labels"]["more"] = "x";
    const Json updated = Update(sample, intent, created);
    ExpectSame(updated, intent, sample.name);
    // The same again changes nothing at all.
    EXPECT_EQ(kube::ResourceVersionOf(Update(sample, intent, updated)),
              kube::ResourceVersionOf(updated));
  }
}

TEST_F(CanonicalFormTest, AssociativeListsTakeTheOrderOfTheLastApply) {
  const Sample sample = Find("Deployment");
  Json intent = IntentOf(sample);
  Json live = Create(sample, intent);
  Json& env = intent["spec"]["template"]["spec"]["containers"][0]["env"];
  std::reverse(env.begin(), env.end());
  live = Update(sample, intent, live);
  ExpectSame(live, intent, "reversed");
  env.insert(env.begin(), Json{{"name", "FIRST"}, {"value", "1"}});
  live = Update(sample, intent, live);
  ExpectSame(live, intent, "one more in front");
  env.erase(1);
  live = Update(sample, intent, live);
  ExpectSame(live, intent, "one less");
  Json& containers = intent["spec"]["template"]["spec"]["containers"];
  std::reverse(containers.begin(), containers.end());
  live = Update(sample, intent, live);
  ExpectSame(live, intent, "containers reversed");
}

TEST_F(CanonicalFormTest, ForeignItemsAndFieldsDoNotShow) {
  const Sample sample = Find("Deployment");
  Json intent = IntentOf(sample);
  const Json created = Create(sample, intent);
  const Json patch{{"metadata", {{"uid", kube::UidOf(created)}, {"annotations", {{"their", "s"}}}}},
                   {"spec", {{"revisionHistoryLimit", 3}}}};
  const auto patched = client_->MergePatch({sample.type, kube::KeyOf(created)}, patch, {});
  ASSERT_TRUE(patched.has_value()) << patched.error().message;
  ExpectSame(*patched, intent, "foreign fields");
  Json env = intent["spec"]["template"]["spec"]["containers"];
  env[0]["env"].insert(env[0]["env"].begin(), Json{{"name", "INJECTED"}, {"value", "1"}});
  const auto injected =
      client_->MergePatch({sample.type, kube::KeyOf(created)},
                          {{"metadata", {{"uid", kube::UidOf(created)}}},
                           {"spec", {{"template", {{"spec", {{"containers", env}}}}}}}},
                          {});
  ASSERT_TRUE(injected.has_value()) << injected.error().message;
  ExpectSame(*injected, intent, "foreign item in front");
}

TEST_F(CanonicalFormTest, DriftShows) {
  const Sample sample = Find("Deployment");
  const Json intent = IntentOf(sample);
  const Json created = Create(sample, intent);
  const auto patched = client_->MergePatch(
      {sample.type, kube::KeyOf(created)},
      {{"metadata", {{"uid", kube::UidOf(created)}}}, {"spec", {{"replicas", 5}}}}, {});
  ASSERT_TRUE(patched.has_value()) << patched.error().message;
  EXPECT_NE(OwnedHash(*patched), IntentHash(intent));
  const Json repaired = Update(sample, intent, created);
  ExpectSame(repaired, intent, "repaired");
  EXPECT_EQ(IntAt(repaired, "/spec/replicas"), 1);
}

}  // namespace
}  // namespace belvedere::cache

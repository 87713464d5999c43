#include "controllers/operands/loki.h"

#include <array>

#include "controllers/config/loki.h"
#include "controllers/config/yaml.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/restart.h"
#include "operator/cache/projection.h"

namespace belvedere::operands {
namespace {

using monitoringstack::LogStore;
using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "loki";
constexpr const char* kConfigFolder = "/etc/loki";
constexpr const char* kConfigKey = "loki.yml";
constexpr const char* kObjectStorageFolder = "/etc/object-storage";
// In-memory chunks are flushed, and the ring is left, before the end.
constexpr int kStopSeconds = 300;

std::string OwnName(const StackRef& stack) { return "loki-" + stack.name; }
std::string HeadlessName(const StackRef& stack) { return "headless-" + OwnName(stack); }

std::vector<Port> WebPorts() { return {{"web", config::kLokiWebPort}}; }
std::vector<Port> PeerPorts() {
  return {{"grpc", config::kLokiGrpcPort}, {"gossip", config::kLokiGossipPort}};
}
std::vector<Port> AllPorts() {
  std::vector<Port> ports = WebPorts();
  for (const Port& port : PeerPorts()) ports.push_back(port);
  return ports;
}

// What the Secret says of the bucket. Only the kubelet reads it.
struct BucketFact {
  const char* variable;
  const char* key;
  enum class Presence { kRequired, kOptional } presence;
};
constexpr std::array<BucketFact, 3> kBucketFacts{{
    {"S3_BUCKET", "bucket", BucketFact::Presence::kRequired},
    {"S3_REGION", "region", BucketFact::Presence::kRequired},
    {"S3_ENDPOINT", "endpoint", BucketFact::Presence::kOptional},
}};

Json Environment(const std::string& secret) {
  Json env = Json::array({FieldEnv("POD_IP", "status.podIP")});
  if (secret.empty()) return env;
  for (const BucketFact& fact : kBucketFacts) {
    Json ref = {{"name", secret}, {"key", fact.key}};
    if (fact.presence == BucketFact::Presence::kOptional) ref["optional"] = true;
    env.push_back({{"name", fact.variable}, {"valueFrom", {{"secretKeyRef", std::move(ref)}}}});
  }
  env.push_back({{"name", "AWS_SHARED_CREDENTIALS_FILE"},
                 {"value", std::string(kObjectStorageFolder) + "/credentials"}});
  return env;
}

// Loki itself, or its check of the same config beforehand.
Json Container(const Input& input, std::string_view name) {
  const std::string& secret = input.spec.logs.object_storage;
  Json container = {
      {"name", name},
      {"image", ImageOf(Loki(), input)},
      {"args", Json::array({"-config.file=" + std::string(kConfigFolder) + "/" + kConfigKey,
                            "-config.expand-env=true", "-target=all"})},
      {"env", Environment(secret)},
      {"resources", ToJson(input.spec.logs.resources)},
      {"securityContext", RestrictedContainerContext()},
      {"volumeMounts", Json::array({ReadOnlyMount("config", kConfigFolder),
                                    Mount("data", config::kLokiData), Mount("tmp", "/tmp")})}};
  if (!secret.empty()) {
    container["volumeMounts"].push_back(ReadOnlyMount("object-storage", kObjectStorageFolder));
  }
  return container;
}

Json CheckContainer(const Input& input) {
  Json container = Container(input, "check-config");
  container["args"].push_back("-verify-config");
  return container;
}

Json ServerContainer(const Input& input) {
  Json container = Container(input, kComponent);
  container["ports"] = ContainerPorts(AllPorts());
  container["startupProbe"] = HttpProbe("/ready", "web", 5, 120);
  container["readinessProbe"] = HttpProbe("/ready", "web", 5, 3);
  // Not /ready: a ring without quorum is no reason to restart. Not /metrics either: the kubelet
  // hangs up before the end of a long answer, which Loki logs each time.
  container["livenessProbe"] = HttpProbe("/loki/api/v1/status/buildinfo", "web", 30, 6);
  return container;
}

Json Volumes(const Input& input, const RestartConfig& config) {
  Json volumes =
      Json::array({ConfigMapVolume("config", ConfigMapName(config)), EmptyDir("tmp", "256Mi")});
  const std::string& secret = input.spec.logs.object_storage;
  if (!secret.empty()) {
    Json items = Json::array();
    items.push_back({{"key", "credentials"}, {"path", "credentials"}});
    volumes.push_back({{"name", "object-storage"},
                       {"secret", {{"secretName", secret}, {"items", std::move(items)}}}});
  }
  return volumes;
}

runtime::Intent MakeStatefulSet(const Input& input, const Identity& identity,
                                const RestartConfig& config) {
  const std::string name = OwnName(input.stack);
  Json pod = PodSpec(name, Token::kNone, identity, input.spec.logs.placement);
  pod["terminationGracePeriodSeconds"] = kStopSeconds;
  pod["initContainers"].push_back(CheckContainer(input));
  pod["containers"].push_back(ServerContainer(input));
  pod["volumes"] = Volumes(input, config);
  Json pod_template = PodTemplate(identity, std::move(pod));
  StampChecksum(config, pod_template);
  runtime::Intent intent =
      MakeStatefulSet({.ns = input.stack.ns, .name = name}, identity, HeadlessName(input.stack),
                      input.spec.logs.replicas, std::move(pod_template));
  AddDataVolume(input.spec.logs.storage, "4Gi", identity, intent.object["spec"]);
  return intent;
}

// Node agents and gateways of every namespace write, and the stack's own operands read.
Json Ingress(const Identity& identity) {
  const Labels ours{{cache::kManagedByLabel, cache::kManagedByValue}};
  Json ingress = Json::array();
  ingress.push_back(AllowFrom(Json::array({PodsAnywhere(ours)}), WebPorts()));
  ingress.push_back(AllowFrom(Json::array({PodsOf(identity)}), PeerPorts()));
  return ingress;
}

Result<Rendered> Render(const Input& input) {
  const std::string& ns = input.stack.ns;
  const std::string name = OwnName(input.stack);
  const std::string gossip = ServiceHost({.ns = ns, .name = HeadlessName(input.stack)});
  const Result<std::string> text = config::ToYaml(config::LokiConfig(input.spec.logs, gossip));
  if (!text) return Fail(text.error());
  const std::map<std::string, std::string> files{{kConfigKey, *text}};
  const RestartConfig config = MakeRestartConfig(name, files);
  const Identity identity = IdentityOf(input.stack, kComponent);
  Rendered rendered{.restart = config};
  std::vector<runtime::Intent>& intents = rendered.intents;
  intents.push_back(MakeServiceAccount(ns, name, identity));
  if (input.spec.network_policies == State::kEnabled) {
    intents.push_back(MakeIngressPolicy(ns, name, identity, Ingress(identity)));
  }
  intents.push_back(MakeImmutableConfigMap(ns, config, files, identity));
  intents.push_back(MakeService(ServiceKind::kClusterIp, ns, name, identity, WebPorts()));
  intents.push_back(
      MakeService(ServiceKind::kHeadless, ns, HeadlessName(input.stack), identity, AllPorts()));
  intents.push_back(MakeStatefulSet(input, identity, config));
  if (input.spec.logs.replicas > 1) {
    intents.push_back(MakeDisruptionBudget(ns, name, identity));
  }
  return rendered;
}

}  // namespace

Operand Loki() {
  return {.name = kComponent,
          .image = kLokiImage,
          .demand =
              [](const Spec& spec) {
                return spec.logs.store == LogStore::kLoki ? Demand::kWanted : Demand::kUnwanted;
              },
          .spec_image = [](const Spec& spec) { return spec.logs.image; },
          .image_field = "spec.logs.image",
          .workload =
              [](const StackRef& stack) {
                return kube::ResourceRef{kube::types::kStatefulSet,
                                         {.ns = stack.ns, .name = OwnName(stack)}};
              },
          .replicas = [](const Spec& spec) { return std::optional(spec.logs.replicas); },
          .render = Render};
}

std::string LokiHost(const StackRef& stack) {
  return ServiceHost({.ns = stack.ns, .name = OwnName(stack)});
}

std::string LokiUrl(const StackRef& stack) {
  return "http://" + LokiHost(stack) + ":" + std::to_string(config::kLokiWebPort);
}

}  // namespace belvedere::operands

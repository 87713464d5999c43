#include "controllers/logpipeline/workloads.h"

#include <algorithm>

#include "controllers/config/names.h"
#include "controllers/logpipeline/engine.h"
#include "controllers/operands/reload.h"

namespace belvedere::logpipeline {
namespace {

using operands::Identity;
using operands::Labels;

// Longer than the collectors take to write down what they hold in memory.
constexpr int kStopSeconds = 60;
constexpr const char* kNodeAgentRole = "belvedere-log-agent";
constexpr const char* kEventReaderRole = "belvedere-log-events";
// Files of a buffer are rewritten when they shrink, and need their place twice for so long.
constexpr std::int64_t kRewriteShare = 2;
constexpr std::int64_t kMebibyte = 1 << 20;
// Claims cannot grow with the outputs: there is room for so many from the beginning.
constexpr std::int64_t kClaimedOutputs = 4;
// Likewise for the events of all pipelines, of which there are few.
constexpr std::int64_t kEventClaim = 4096 * kMebibyte;

Identity GatewayIdentity(const Gateway& gateway) {
  return {.component = std::string(kGateway),
          .instance = gateway.pipeline.name,
          .owner_kind = "logpipelines"};
}

// The operator reads how the records fare.
Json ScrapersOn(const std::vector<operands::Port>& ports) {
  return operands::AllowFrom(
      Json::array({operands::PodsAnywhere(operands::ScraperLabels()),
                   operands::PodsIn(operands::kSystemNamespace, operands::OperatorLabels())}),
      ports);
}

runtime::Intent MakeConfig(const std::string& ns, const std::string& workload, const Config& config,
                           const Identity& identity) {
  return config.restart
             ? operands::MakeImmutableConfigMap(ns, *config.restart, config.files, identity)
             : operands::MakeConfigMap(ns, workload, identity, config.files);
}

Json MakeTemplate(const Json& pod, const Config& config, const Identity& identity) {
  Json pod_template = operands::PodTemplate(identity, pod);
  if (config.restart) operands::StampChecksum(*config.restart, pod_template);
  return pod_template;
}

// Account, rights and policy of a reader, and its config.
std::vector<runtime::Intent> ReaderObjects(const Reader& reader, const char* role) {
  const std::string ns(operands::kNodeNamespace);
  const Identity identity = operands::SingletonIdentity(reader.name);
  std::vector<runtime::Intent> intents;
  intents.push_back(operands::MakeServiceAccount(ns, reader.name, identity));
  if (reader.token == operands::Token::kMounted) {
    intents.push_back(operands::MakeClusterRoleBinding("belvedere-" + reader.name, role,
                                                       {ns, reader.name}, identity));
  }
  intents.push_back(operands::MakeIngressPolicy(ns, reader.name, identity,
                                                Json::array({ScrapersOn(reader.ports)})));
  intents.push_back(MakeConfig(ns, reader.name, reader.config, identity));
  return intents;
}

runtime::Intent MakeDaemonSet(const Reader& reader) {
  const Identity identity = operands::SingletonIdentity(reader.name);
  runtime::Intent intent = operands::MakeObject(
      kube::types::kDaemonSet, std::string(operands::kNodeNamespace), reader.name, identity);
  intent.object["spec"] = {
      {"selector", {{"matchLabels", operands::ToJson(identity.Selector())}}},
      {"updateStrategy", {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", 1}}}}},
      {"template", MakeTemplate(reader.pod, reader.config, identity)}};
  return intent;
}

// One pod with a claim called `data`.
runtime::Intent MakeStatefulSet(const kube::ObjectKey& key, const Identity& identity,
                                Json pod_template, std::int64_t claim_bytes) {
  const std::int64_t mebibytes = (claim_bytes + kMebibyte - 1) / kMebibyte;
  const monitoringstack::Storage storage{
      .size = Quantity::Parse(std::to_string(mebibytes) + "Mi").value()};
  runtime::Intent intent =
      operands::MakeStatefulSet(key, identity, key.name, 1, std::move(pod_template));
  operands::AddDataVolume(storage, "", identity, intent.object["spec"]);
  return intent;
}

}  // namespace

Config RestartClass(const std::string& workload, Files files) {
  Config config{.files = std::move(files)};
  config.restart = operands::MakeRestartConfig(workload, config.files);
  return config;
}

std::string ConfigMapOf(const std::string& workload, const Config& config) {
  return config.restart ? operands::ConfigMapName(*config.restart) : workload;
}

Json ContainerContext(Place place) {
  Json context = operands::RestrictedContainerContext();
  if (place == Place::kNode) {
    context["runAsUser"] = 0;
    context["runAsNonRoot"] = false;
    context["capabilities"]["add"] = Json::array({"DAC_READ_SEARCH"});
  }
  return context;
}

Json HostVolume(const char* name, const char* path, const char* type) {
  return {{"name", name}, {"hostPath", {{"path", path}, {"type", type}}}};
}

Json NodePodSpec(const Reader& reader) {
  Json tolerations = Json::array();
  tolerations.push_back({{"operator", "Exists"}});
  return {{"serviceAccountName", reader.name},
          {"automountServiceAccountToken", reader.token == operands::Token::kMounted},
          {"enableServiceLinks", false},
          {"securityContext", {{"seccompProfile", {{"type", "RuntimeDefault"}}}}},
          {"nodeSelector", {{"kubernetes.io/os", "linux"}}},
          {"tolerations", std::move(tolerations)},
          {"terminationGracePeriodSeconds", kStopSeconds}};
}

std::vector<runtime::Intent> NodeAgentObjects(const Reader& reader) {
  std::vector<runtime::Intent> intents = ReaderObjects(reader, kNodeAgentRole);
  intents.push_back(MakeDaemonSet(reader));
  return intents;
}

Json EventPodSpec(const Reader& reader) {
  Json pod =
      operands::PodSpec(reader.name, reader.token, operands::SingletonIdentity(reader.name), {});
  pod["terminationGracePeriodSeconds"] = kStopSeconds;
  return pod;
}

std::vector<runtime::Intent> EventReaderObjects(const Reader& reader) {
  const Identity identity = operands::SingletonIdentity(reader.name);
  const kube::ObjectKey key{.ns = std::string(operands::kNodeNamespace), .name = reader.name};
  std::vector<runtime::Intent> intents = ReaderObjects(reader, kEventReaderRole);
  intents.push_back(MakeStatefulSet(
      key, identity, MakeTemplate(reader.pod, reader.config, identity), kEventClaim));
  return intents;
}

std::int64_t ClaimBytes(const Pipeline& pipeline) {
  const auto outputs = static_cast<std::int64_t>(pipeline.outputs.size());
  const std::int64_t needed = outputs * pipeline.buffer.bytes_per_output * kRewriteShare +
                              pipeline.buffer.dead_letter_bytes;
  std::int64_t claim = kClaimedOutputs * pipeline.buffer.bytes_per_output * kRewriteShare;
  while (claim < needed) claim *= 2;
  return claim;
}

Json GatewayPodSpec(const Gateway& gateway) {
  Json pod = operands::PodSpec(GatewayRef(gateway.pipeline).key.name, operands::Token::kNone,
                               GatewayIdentity(gateway), {});
  pod["terminationGracePeriodSeconds"] = kStopSeconds;
  return pod;
}

std::vector<runtime::Intent> GatewayObjects(const Gateway& gateway) {
  const kube::ObjectKey key = GatewayRef(gateway.pipeline).key;
  const Identity identity = GatewayIdentity(gateway);
  const Labels senders = operands::SingletonIdentity(gateway.node_agent).Selector();
  Json ingress = Json::array();
  ingress.push_back(operands::AllowFrom(
      Json::array({operands::PodsIn(operands::kNodeNamespace, senders)}), {gateway.inbound}));
  ingress.push_back(ScrapersOn(gateway.ports));
  if (!gateway.config.restart) {
    ingress.push_back(operands::AllowFrom(
        Json::array({operands::PodsIn(operands::kSystemNamespace, operands::OperatorLabels())}),
        {{operands::kAgentPortName, operands::kAgentPort}}));
  }
  std::vector<runtime::Intent> intents;
  intents.push_back(operands::MakeServiceAccount(key.ns, key.name, identity));
  intents.push_back(operands::MakeIngressPolicy(key.ns, key.name, identity, std::move(ingress)));
  intents.push_back(MakeConfig(key.ns, key.name, gateway.config, identity));
  intents.push_back(operands::MakeService(operands::ServiceKind::kClusterIp, key.ns, key.name,
                                          identity, {gateway.inbound}));
  intents.push_back(MakeStatefulSet(
      key, identity, MakeTemplate(gateway.pod, gateway.config, identity), gateway.claim_bytes));
  return intents;
}

std::vector<Output> DirectOutputs(std::span<const Pipeline> pipelines) {
  std::vector<Output> outputs;
  for (const Pipeline& pipeline : pipelines) {
    if (!pipeline.gateway.empty()) continue;
    std::ranges::copy(pipeline.outputs, std::back_inserter(outputs));
  }
  return outputs;
}

}  // namespace belvedere::logpipeline

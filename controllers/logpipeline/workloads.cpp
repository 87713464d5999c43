#include "controllers/logpipeline/workloads.h"

#include <algorithm>

#include "controllers/config/names.h"
#include "controllers/logpipeline/engine.h"

namespace belvedere::logpipeline {
namespace {

using operands::Identity;
using operands::Labels;

// Longer than the collectors take to write down what they hold in memory.
constexpr int kStopSeconds = 60;
constexpr const char* kRole = "belvedere-log-agent";
// Files of a buffer are rewritten when they shrink, and need their place twice for so long.
constexpr std::int64_t kRewriteShare = 2;
constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::int64_t kLeastDisk = 64 * kMebibyte;

Identity GatewayIdentity(const Gateway& gateway) {
  return {.component = std::string(kGateway),
          .instance = gateway.pipeline.name,
          .owner_kind = "logpipelines"};
}

Json ScrapersOn(const std::vector<operands::Port>& ports) {
  return operands::AllowFrom(Json::array({operands::PodsAnywhere(operands::ScraperLabels())}),
                             ports);
}

runtime::Intent MakeDaemonSet(const NodeAgent& agent, const Identity& identity,
                              const operands::RestartConfig& config) {
  Json pod_template = operands::PodTemplate(identity, agent.pod);
  operands::StampChecksum(config, pod_template);
  runtime::Intent intent = operands::MakeObject(
      kube::types::kDaemonSet, std::string(operands::kNodeNamespace), agent.name, identity);
  intent.object["spec"] = {
      {"selector", {{"matchLabels", operands::ToJson(identity.Selector())}}},
      {"updateStrategy", {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", 1}}}}},
      {"template", std::move(pod_template)}};
  return intent;
}

runtime::Intent MakeStatefulSet(const Gateway& gateway, const std::string& name,
                                const Identity& identity, const operands::RestartConfig& config) {
  Json pod_template = operands::PodTemplate(identity, gateway.pod);
  operands::StampChecksum(config, pod_template);
  Json spec = {{"serviceName", name},
               {"replicas", 1},
               {"podManagementPolicy", "Parallel"},
               {"updateStrategy", {{"type", "RollingUpdate"}}},
               {"selector", {{"matchLabels", operands::ToJson(identity.Selector())}}},
               {"template", std::move(pod_template)}};
  const std::int64_t mebibytes = (gateway.disk_bytes + kMebibyte - 1) / kMebibyte;
  const monitoringstack::Storage storage{
      .size = Quantity::Parse(std::to_string(mebibytes) + "Mi").value()};
  operands::AddDataVolume(storage, "", identity, spec);
  runtime::Intent intent =
      operands::MakeObject(kube::types::kStatefulSet, gateway.pipeline.ns, name, identity);
  intent.object["spec"] = std::move(spec);
  return intent;
}

}  // namespace

Json NodePodSpec(const NodeAgent& agent) {
  Json tolerations = Json::array();
  tolerations.push_back({{"operator", "Exists"}});
  return {{"serviceAccountName", agent.name},
          {"automountServiceAccountToken", agent.token == operands::Token::kMounted},
          {"enableServiceLinks", false},
          {"securityContext", {{"seccompProfile", {{"type", "RuntimeDefault"}}}}},
          {"nodeSelector", {{"kubernetes.io/os", "linux"}}},
          {"tolerations", std::move(tolerations)},
          {"terminationGracePeriodSeconds", kStopSeconds}};
}

std::vector<runtime::Intent> NodeAgentObjects(const NodeAgent& agent,
                                              const operands::RestartConfig& config) {
  const std::string ns(operands::kNodeNamespace);
  const Identity identity = operands::SingletonIdentity(agent.name);
  std::vector<runtime::Intent> intents;
  intents.push_back(operands::MakeServiceAccount(ns, agent.name, identity));
  if (agent.token == operands::Token::kMounted) {
    intents.push_back(operands::MakeClusterRoleBinding("belvedere-" + agent.name, kRole,
                                                       {ns, agent.name}, identity));
  }
  intents.push_back(operands::MakeIngressPolicy(ns, agent.name, identity,
                                                Json::array({ScrapersOn(agent.ports)})));
  intents.push_back(operands::MakeImmutableConfigMap(ns, config, agent.files, identity));
  intents.push_back(MakeDaemonSet(agent, identity, config));
  return intents;
}

std::int64_t DiskBytes(const Pipeline& pipeline) {
  const auto outputs = static_cast<std::int64_t>(pipeline.outputs.size());
  const std::int64_t buffers = outputs * pipeline.buffer.bytes_per_output * kRewriteShare;
  return std::max(kLeastDisk, buffers + pipeline.buffer.dead_letter_bytes);
}

Json GatewayPodSpec(const Gateway& gateway) {
  Json pod = operands::PodSpec(GatewayRef(gateway.pipeline).key.name, operands::Token::kNone,
                               GatewayIdentity(gateway), {});
  pod["terminationGracePeriodSeconds"] = kStopSeconds;
  return pod;
}

std::vector<runtime::Intent> GatewayObjects(const Gateway& gateway,
                                            const operands::RestartConfig& config) {
  const std::string& ns = gateway.pipeline.ns;
  const std::string name = GatewayRef(gateway.pipeline).key.name;
  const Identity identity = GatewayIdentity(gateway);
  const Labels senders = operands::SingletonIdentity(gateway.node_agent).Selector();
  Json ingress = Json::array();
  ingress.push_back(operands::AllowFrom(
      Json::array({operands::PodsIn(operands::kNodeNamespace, senders)}), {gateway.inbound}));
  ingress.push_back(ScrapersOn(gateway.ports));
  std::vector<runtime::Intent> intents;
  intents.push_back(operands::MakeServiceAccount(ns, name, identity));
  intents.push_back(operands::MakeIngressPolicy(ns, name, identity, std::move(ingress)));
  intents.push_back(operands::MakeImmutableConfigMap(ns, config, gateway.files, identity));
  intents.push_back(operands::MakeService(operands::ServiceKind::kClusterIp, ns, name, identity,
                                          {gateway.inbound}));
  intents.push_back(MakeStatefulSet(gateway, name, identity, config));
  return intents;
}

}  // namespace belvedere::logpipeline

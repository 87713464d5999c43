#include <algorithm>

#include "controllers/logpipeline/engines.h"
#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/logpipeline/otelcol_workload.h"
#include "controllers/logpipeline/workloads.h"
#include "controllers/operands/restart.h"

namespace belvedere::logpipeline {
namespace {

using operands::Port;

constexpr std::string_view kName = "otel-collector";

std::vector<Port> MetricsPorts() { return {{"metrics", otelcol::kMetricsPort}}; }

// Only where it has to ask which pods are on its node.
operands::Token TokenOf(const otelcol::Model& model) {
  const bool asks = std::ranges::any_of(model.processors, [](const otelcol::Component& processor) {
    return processor.type == otelcol::kPodProcessor;
  });
  return asks ? operands::Token::kMounted : operands::Token::kNone;
}

// Of the outputs that run on the node.
std::vector<Output> NodeOutputs(std::span<const Pipeline> pipelines) {
  std::vector<Output> outputs;
  for (const Pipeline& pipeline : pipelines) {
    if (!pipeline.gateway.empty()) continue;
    std::ranges::copy(pipeline.outputs, std::back_inserter(outputs));
  }
  return outputs;
}

Result<otelcol::Pod> PodOf(otelcol::Place place, const std::vector<Output>& outputs,
                           const operands::RestartConfig& config, const ImageTable& images) {
  const Result<std::optional<SecretKey>> aws = SharedAwsCredentials(outputs);
  if (!aws) return Fail(aws.error());
  return otelcol::Pod{.place = place,
                      .image = images.Of(operands::kCollectorImage),
                      .config = config,
                      .secrets = SecretsOf(outputs),
                      .aws_credentials = *aws};
}

Result<Rendered> RenderNodeAgent(std::span<const Pipeline> pipelines, const ImageTable& images) {
  const Result<otelcol::Model> model = otelcol::NodeAgentModel(pipelines);
  if (!model) return Fail(model.error());
  const Result<std::string> text = config::otelcol::ToYaml(*model);
  if (!text) return Fail(text.error());
  const std::map<std::string, std::string> files{{otelcol::kConfigKey, *text}};
  Rendered rendered{.restart = operands::MakeRestartConfig(std::string(kName), files)};
  const Result<otelcol::Pod> pod =
      PodOf(otelcol::Place::kNode, NodeOutputs(pipelines), *rendered.restart, images);
  if (!pod) return Fail(pod.error());
  NodeAgent agent{.name = std::string(kName), .token = TokenOf(*model), .ports = MetricsPorts()};
  agent.pod = NodePodSpec(agent);
  otelcol::AddCollector(*pod, agent.pod);
  agent.files = files;
  rendered.intents = NodeAgentObjects(agent, *rendered.restart);
  return rendered;
}

Result<Rendered> RenderGateway(const Pipeline& pipeline, const ImageTable& images) {
  const Result<otelcol::Model> model = otelcol::GatewayModel(pipeline);
  if (!model) return Fail(model.error());
  const Result<std::string> text = config::otelcol::ToYaml(*model);
  if (!text) return Fail(text.error());
  Gateway gateway{.pipeline = {pipeline.ns, pipeline.name},
                  .ports = MetricsPorts(),
                  .inbound = {"otlp", otelcol::kOtlpPort},
                  .node_agent = std::string(kName),
                  .files = {{otelcol::kConfigKey, *text}},
                  .disk_bytes = DiskBytes(pipeline)};
  Rendered rendered{
      .restart = operands::MakeRestartConfig(GatewayRef(gateway.pipeline).key.name, gateway.files)};
  const Result<otelcol::Pod> pod =
      PodOf(otelcol::Place::kGateway, pipeline.outputs, *rendered.restart, images);
  if (!pod) return Fail(pod.error());
  gateway.pod = GatewayPodSpec(gateway);
  otelcol::AddCollector(*pod, gateway.pod);
  rendered.intents = GatewayObjects(gateway, *rendered.restart);
  return rendered;
}

}  // namespace

Engine OpenTelemetry() {
  return {.agent = Agent::kOpenTelemetry,
          .name = kName,
          .check = otelcol::Check,
          .node_agent = RenderNodeAgent,
          .gateway = RenderGateway};
}

}  // namespace belvedere::logpipeline

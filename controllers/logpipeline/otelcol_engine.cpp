#include <algorithm>

#include "controllers/config/names.h"
#include "controllers/logpipeline/engines.h"
#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/logpipeline/otelcol_workload.h"
#include "controllers/logpipeline/workloads.h"

namespace belvedere::logpipeline {
namespace {

using operands::Port;

constexpr std::string_view kNodeAgent = config::kCollector;
constexpr std::string_view kEventReader = config::kCollectorEvents;

std::vector<Port> MetricsPorts() {
  return {{std::string(config::kCollectorPort), otelcol::kMetricsPort}};
}

// Only where it has to ask which pods are on its node, or for events.
operands::Token TokenOf(const otelcol::Model& model) {
  const auto asks = [](const std::vector<otelcol::Component>& components, const char* type) {
    return std::ranges::find(components, type, &otelcol::Component::type) != components.end();
  };
  return asks(model.processors, otelcol::kPodProcessor) ||
                 asks(model.receivers, otelcol::kEventReceiver)
             ? operands::Token::kMounted
             : operands::Token::kNone;
}

Result<Config> MakeConfig(const std::string& workload, const otelcol::Model& model) {
  const Result<std::string> text = config::otelcol::ToYaml(model);
  if (!text) return Fail(text.error());
  return RestartClass(workload, {{otelcol::kConfigKey, *text}});
}

Result<otelcol::Pod> PodOf(Place place, const std::vector<Output>& outputs,
                           const std::string& config_map, const ImageTable& images) {
  const Result<std::optional<SecretKey>> aws = SharedAwsCredentials(outputs);
  if (!aws) return Fail(aws.error());
  return otelcol::Pod{.place = place,
                      .image = images.Of(operands::kCollectorImage),
                      .config_map = config_map,
                      .secrets = SecretsOf(outputs),
                      .aws_credentials = *aws};
}

// All but the containers and volumes of its pods.
Result<Reader> MakeReader(std::string_view name, const Result<otelcol::Model>& model) {
  if (!model) return Fail(model.error());
  Result<Config> config = MakeConfig(std::string(name), *model);
  if (!config) return Fail(config.error());
  return Reader{.name = std::string(name),
                .token = TokenOf(*model),
                .ports = MetricsPorts(),
                .config = std::move(*config)};
}

Result<Rendered> RenderNodeAgent(std::span<const Pipeline> pipelines, const ImageTable& images) {
  Result<Reader> reader = MakeReader(kNodeAgent, otelcol::NodeAgentModel(pipelines));
  if (!reader) return Fail(reader.error());
  const Result<otelcol::Pod> pod = PodOf(Place::kNode, DirectOutputs(pipelines),
                                         ConfigMapOf(reader->name, reader->config), images);
  if (!pod) return Fail(pod.error());
  reader->pod = NodePodSpec(*reader);
  otelcol::AddCollector(*pod, reader->pod);
  return Rendered{.intents = NodeAgentObjects(*reader), .restart = reader->config.restart};
}

Result<Rendered> RenderEventReader(std::span<const Pipeline> pipelines, const ImageTable& images) {
  Result<Reader> reader = MakeReader(kEventReader, otelcol::EventReaderModel(pipelines));
  if (!reader) return Fail(reader.error());
  const Result<otelcol::Pod> pod = PodOf(Place::kEvents, DirectOutputs(pipelines),
                                         ConfigMapOf(reader->name, reader->config), images);
  if (!pod) return Fail(pod.error());
  reader->pod = EventPodSpec(*reader);
  otelcol::AddCollector(*pod, reader->pod);
  return Rendered{.intents = EventReaderObjects(*reader), .restart = reader->config.restart};
}

Result<Rendered> RenderGateway(const Pipeline& pipeline, const ImageTable& images) {
  const Result<otelcol::Model> model = otelcol::GatewayModel(pipeline);
  if (!model) return Fail(model.error());
  const kube::ObjectKey key{.ns = pipeline.ns, .name = pipeline.name};
  const std::string workload = GatewayRef(key).key.name;
  Result<Config> config = MakeConfig(workload, *model);
  if (!config) return Fail(config.error());
  const Result<otelcol::Pod> pod =
      PodOf(Place::kGateway, pipeline.outputs, ConfigMapOf(workload, *config), images);
  if (!pod) return Fail(pod.error());
  Gateway gateway{.pipeline = key,
                  .ports = MetricsPorts(),
                  .inbound = {"otlp", otelcol::kOtlpPort},
                  .node_agent = std::string(kNodeAgent),
                  .config = std::move(*config),
                  .claim_bytes = ClaimBytes(pipeline)};
  gateway.pod = GatewayPodSpec(gateway);
  otelcol::AddCollector(*pod, gateway.pod);
  return Rendered{.intents = GatewayObjects(gateway), .restart = gateway.config.restart};
}

}  // namespace

Engine OpenTelemetry() {
  return {.agent = Agent::kOpenTelemetry,
          .check = otelcol::Check,
          .shared = {NodeAgentPart(kNodeAgent, RenderNodeAgent),
                     EventReaderPart(kEventReader, RenderEventReader)},
          .gateway = RenderGateway,
          .flow = {.port = otelcol::kMetricsPort,
                   .path = "/metrics",
                   .delivered = "otelcol_exporter_sent_log_records",
                   .dropped = {"otelcol_exporter_send_failed_log_records",
                               "otelcol_exporter_enqueue_failed_log_records"},
                   .waiting = "otelcol_exporter_queue_size",
                   .capacity = "otelcol_exporter_queue_capacity",
                   .label =
                       [](const Pipeline& pipeline, const Output& output) {
                         return "exporter=\"" + otelcol::ExporterId(pipeline, output) + "\"";
                       },
                   .gateway_label =
                       [](const Pipeline& pipeline) {
                         return "exporter=\"" + otelcol::GatewayExporterId(pipeline) + "\"";
                       }}};
}

}  // namespace belvedere::logpipeline

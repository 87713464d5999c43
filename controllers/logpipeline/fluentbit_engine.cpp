#include "controllers/config/names.h"
#include "controllers/logpipeline/engines.h"
#include "controllers/logpipeline/fluentbit_config.h"
#include "controllers/logpipeline/fluentbit_workload.h"
#include "controllers/logpipeline/workloads.h"

namespace belvedere::logpipeline {
namespace {

using operands::Port;

constexpr std::string_view kNodeAgent = config::kFluentBit;
constexpr std::string_view kEventReader = config::kFluentBitEvents;

std::vector<Port> MetricsPorts() {
  return {{std::string(config::kFluentBitPort), fluentbit::kHttpPort}};
}

Result<Files> FilesOf(const fluentbit::Model& model) {
  const Result<std::string> text = config::fluentbit::ToYaml(model);
  if (!text) return Fail(text.error());
  return Files{{fluentbit::kConfigKey, *text}};
}

Result<fluentbit::Pod> PodOf(Place place, const std::vector<Output>& outputs,
                             const std::string& workload, const Config& config,
                             const ImageTable& images) {
  const Result<std::optional<SecretKey>> aws = SharedAwsCredentials(outputs);
  if (!aws) return Fail(aws.error());
  return fluentbit::Pod{.place = place,
                        .image = images.Of(operands::kFluentBitImage),
                        .agent_image = images.Of(operands::kAgentImage),
                        .config = {.mount = fluentbit::kConfigMount,
                                   .config_map = ConfigMapOf(workload, config),
                                   .data = config.files},
                        .secrets = SecretsOf(outputs),
                        .aws_credentials = *aws};
}

// It asks for the labels of pods, or for events; without a token it would tell no pods apart.
Result<Reader> MakeReader(std::string_view name, const Result<fluentbit::Model>& model) {
  if (!model) return Fail(model.error());
  Result<Files> files = FilesOf(*model);
  if (!files) return Fail(files.error());
  return Reader{.name = std::string(name),
                .token = operands::Token::kMounted,
                .ports = MetricsPorts(),
                .config = RestartClass(std::string(name), std::move(*files))};
}

Result<Rendered> RenderNodeAgent(std::span<const Pipeline> pipelines, const ImageTable& images) {
  Result<Reader> reader = MakeReader(kNodeAgent, fluentbit::NodeAgentModel(pipelines));
  if (!reader) return Fail(reader.error());
  const Result<fluentbit::Pod> pod =
      PodOf(Place::kNode, DirectOutputs(pipelines), reader->name, reader->config, images);
  if (!pod) return Fail(pod.error());
  reader->pod = NodePodSpec(*reader);
  fluentbit::AddFluentBit(*pod, reader->pod);
  return Rendered{.intents = NodeAgentObjects(*reader), .restart = reader->config.restart};
}

Result<Rendered> RenderEventReader(std::span<const Pipeline> pipelines, const ImageTable& images) {
  Result<Reader> reader = MakeReader(kEventReader, fluentbit::EventReaderModel(pipelines));
  if (!reader) return Fail(reader.error());
  const Result<fluentbit::Pod> pod =
      PodOf(Place::kEvents, DirectOutputs(pipelines), reader->name, reader->config, images);
  if (!pod) return Fail(pod.error());
  reader->pod = EventPodSpec(*reader);
  fluentbit::AddFluentBit(*pod, reader->pod);
  return Rendered{.intents = EventReaderObjects(*reader), .restart = reader->config.restart};
}

Result<Rendered> RenderGateway(const Pipeline& pipeline, const ImageTable& images) {
  const Result<fluentbit::Model> model = fluentbit::GatewayModel(pipeline);
  if (!model) return Fail(model.error());
  Result<Files> files = FilesOf(*model);
  if (!files) return Fail(files.error());
  Gateway gateway;  // by parts: gcc 12 with -O2 takes a braced one for uninitialized
  gateway.pipeline = {.ns = pipeline.ns, .name = pipeline.name};
  gateway.ports = MetricsPorts();
  gateway.inbound = {"forward", fluentbit::kForwardPort};
  gateway.node_agent = kNodeAgent;
  gateway.config.files = std::move(*files);
  gateway.claim_bytes = ClaimBytes(pipeline);
  const Result<fluentbit::Pod> pod =
      PodOf(Place::kGateway, pipeline.outputs, GatewayRef(gateway.pipeline).key.name,
            gateway.config, images);
  if (!pod) return Fail(pod.error());
  gateway.pod = GatewayPodSpec(gateway);
  fluentbit::AddFluentBit(*pod, gateway.pod);
  return Rendered{.intents = GatewayObjects(gateway),
                  .config_hash = ConfigHash(operands::FilesOf({pod->config}))};
}

}  // namespace

Engine FluentBit() {
  return {.agent = Agent::kFluentBit,
          .check = fluentbit::Check,
          .shared = {NodeAgentPart(kNodeAgent, RenderNodeAgent),
                     EventReaderPart(kEventReader, RenderEventReader)},
          .gateway = RenderGateway,
          .flow = {.port = fluentbit::kHttpPort,
                   .path = std::string(config::kFluentBitMetrics),
                   .delivered = "fluentbit_output_proc_records_total",
                   .dropped = {"fluentbit_output_dropped_records_total"},
                   .waiting = "",
                   .capacity = "fluentbit_output_chunk_available_capacity_percent",
                   .label =
                       [](const Pipeline& pipeline, const Output& output) {
                         return "name=\"" + fluentbit::OutputAlias(pipeline, output) + "\"";
                       },
                   .gateway_label =
                       [](const Pipeline& pipeline) {
                         return "name=\"" + fluentbit::GatewayAlias(pipeline) + "\"";
                       }}};
}

}  // namespace belvedere::logpipeline

#include "controllers/logpipeline/otelcol_config.h"

#include <algorithm>

#include "controllers/logpipeline/check_models.h"
#include "controllers/logpipeline/otelcol_exporters.h"
#include "controllers/logpipeline/otelcol_filters.h"
#include "controllers/logpipeline/otelcol_receivers.h"

namespace belvedere::logpipeline::otelcol {
namespace {

constexpr const char* kMemoryLimiter = "memory_limiter";
constexpr const char* kBatch = "batch";

Json Telemetry() {
  const Json prometheus = {{"host", "0.0.0.0"}, {"port", kMetricsPort}};
  Json reader = {{"pull", {{"exporter", {{"prometheus", prometheus}}}}}};
  return {{"metrics", {{"level", "normal"}, {"readers", Json::array({std::move(reader)})}}},
          {"logs", {{"level", "info"}, {"encoding", "json"}}}};
}

Component Storage() {
  return {.type = kStorage,
          .id = {},
          .settings = {{"directory", kStateDir},
                       {"create_directory", true},
                       {"timeout", "10s"},
                       // A file that a crash of the node has torn is put aside, not died of.
                       {"recreate", true},
                       {"compaction",
                        {{"on_start", true},
                         {"on_rebound", true},
                         {"directory", kStateDir},
                         {"cleanup_on_start", true},
                         {"max_transaction_size", 1000}}}}};
}

Model Empty() {
  Json health = {{"endpoint", "0.0.0.0:" + std::to_string(kHealthPort)}};
  return {
      .extensions = {{.type = "health_check", .id = {}, .settings = std::move(health)}, Storage()},
      .telemetry = Telemetry()};
}

// Parts that all pipelines share stand in the model once, as soon as one uses them.
void AddShared(Component component, std::vector<Component>& to) {
  if (std::ranges::find(to, component) == to.end()) to.push_back(std::move(component));
}

Component MemoryLimiter() {
  return {.type = kMemoryLimiter,
          .id = {},
          .settings = {{"check_interval", "1s"}, {"limit_mib", 512}, {"spike_limit_mib", 128}}};
}

// Between one sender and several outputs: what one of them does not take must not come again for
// the others. It waits for nothing.
Component Batch() {
  return {.type = kBatch, .id = {}, .settings = {{"timeout", "0s"}, {"send_batch_size", 0}}};
}

std::vector<std::string> NamesOf(const std::vector<Component>& components) {
  std::vector<std::string> names;
  names.reserve(components.size());
  for (const Component& component : components) names.push_back(NameOf(component));
  return names;
}

// The way of a pipeline's records, from where they come to where they go.
struct Way {
  Input input;
  std::vector<Component> filters;
  std::vector<Lane> lanes;
  enum class Detached { kNo, kYes } detached = Detached::kNo;
};

void AddWay(const Way& way, Model& model) {
  if (way.input.receivers.empty() || way.lanes.empty()) return;
  std::ranges::copy(way.input.receivers, std::back_inserter(model.receivers));
  AddShared(MemoryLimiter(), model.processors);
  std::vector<Component> processors = way.input.processors;
  std::ranges::copy(way.filters, std::back_inserter(processors));
  std::ranges::copy(processors, std::back_inserter(model.processors));
  if (way.detached == Way::Detached::kYes) AddShared(Batch(), model.processors);
  for (const Lane& lane : way.lanes) {
    config::otelcol::Pipeline pipeline{.id = lane.id,
                                       .receivers = NamesOf(way.input.receivers),
                                       .processors = {kMemoryLimiter},
                                       .exporters = NamesOf(lane.exporters)};
    std::ranges::copy(NamesOf(processors), std::back_inserter(pipeline.processors));
    std::ranges::copy(NamesOf(lane.processors), std::back_inserter(pipeline.processors));
    if (way.detached == Way::Detached::kYes) pipeline.processors.emplace_back(kBatch);
    std::ranges::copy(lane.processors, std::back_inserter(model.processors));
    std::ranges::copy(lane.exporters, std::back_inserter(model.exporters));
    std::ranges::copy(lane.extensions, std::back_inserter(model.extensions));
    model.pipelines.push_back(std::move(pipeline));
  }
}

// A way from `input` through the pipeline's own filters to its own outputs.
Result<Way> OwnWay(const Pipeline& pipeline, Input input) {
  Result<std::vector<Component>> filters = RenderFilters(pipeline.filters, pipeline.id);
  if (!filters) return Fail(filters.error().code, "spec.filters" + filters.error().message);
  Result<std::vector<Lane>> lanes = OutputLanes(pipeline);
  if (!lanes) return Fail(lanes.error());
  return Way{.input = std::move(input), .filters = std::move(*filters), .lanes = std::move(*lanes)};
}

Result<Way> NodeWay(const Pipeline& pipeline) {
  const bool one = !pipeline.gateway.empty() || pipeline.outputs.size() == 1;
  Result<Input> input = NodeInput(pipeline, one ? Refused::kRepeated : Refused::kCounted);
  if (!input) return Fail(input.error());
  if (pipeline.gateway.empty()) return OwnWay(pipeline, std::move(*input));
  return Way{.input = std::move(*input), .filters = {}, .lanes = {GatewayLane(pipeline)}};
}

}  // namespace

std::string PartId(const Pipeline& pipeline, std::string_view part) {
  return pipeline.ns + "." + pipeline.name + "." + std::string(part) + "." + pipeline.id;
}

Status Check(const Pipeline& pipeline) {
  const std::span<const Pipeline> one(&pipeline, 1);
  return CheckModels({NodeAgentModel(one), GatewayModel(pipeline), EventReaderModel(one)});
}

Result<Model> NodeAgentModel(std::span<const Pipeline> pipelines) {
  Model model = Empty();
  for (const Pipeline& pipeline : pipelines) {
    const Result<Way> way = NodeWay(pipeline);
    if (!way) return Fail(way.error());
    AddWay(*way, model);
  }
  return model;
}

Result<Model> GatewayModel(const Pipeline& pipeline) {
  Model model = Empty();
  Result<Way> way = OwnWay(pipeline, GatewayInput(pipeline));
  if (!way) return Fail(way.error());
  if (pipeline.outputs.size() > 1) way->detached = Way::Detached::kYes;
  AddWay(*way, model);
  return model;
}

Result<Model> EventReaderModel(std::span<const Pipeline> pipelines) {
  Model model = Empty();
  for (const Pipeline& pipeline : pipelines) {
    if (pipeline.events == Wanted::kNo) continue;
    const Result<Way> way = OwnWay(pipeline, EventInput(pipeline));
    if (!way) return Fail(way.error());
    AddWay(*way, model);
  }
  return model;
}

}  // namespace belvedere::logpipeline::otelcol

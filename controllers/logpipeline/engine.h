#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/names.h"
#include "controllers/logpipeline/pipeline.h"
#include "controllers/logpipeline/spec.h"
#include "controllers/operands/operand.h"

// What runs pipelines. Adding an engine: one file that defines an Engine, and one line in the table
// (engine.cpp).
namespace belvedere::logpipeline {

using operands::ImageTable;
using operands::Rendered;

// A workload in belvedere-node that serves all pipelines of its engine. All functions are pure.
struct SharedPart {
  // Of its objects, and of its component.
  std::string_view name;
  kube::ResourceType type;
  // Whether the pipeline needs it.
  Wanted (*wanted)(const Spec& spec) = nullptr;
  // Objects for pipelines that passed `check` and want it; the last is the workload.
  using Render = Result<Rendered> (*)(std::span<const Pipeline> pipelines,
                                      const ImageTable& images);
  Render render = nullptr;
};
// Those that every engine has: a DaemonSet, and a StatefulSet.
SharedPart NodeAgentPart(std::string_view name, SharedPart::Render render);
SharedPart EventReaderPart(std::string_view name, SharedPart::Render render);

// Where the pods of an engine say how the records of each lane fare. A series belongs to a lane
// when it has its label.
struct FlowMetrics {
  int port = 0;
  std::string path;
  std::string delivered;             // counter of records
  std::vector<std::string> dropped;  // counters
  // The buffer: gauges of what waits and of its capacity; or, without `waiting`, of the per cent of
  // the capacity that are free.
  std::string waiting;
  std::string capacity;
  std::string (*label)(const Pipeline& pipeline, const Output& output) = nullptr;  // name="value"
  // Likewise, of what hands a tenant's records from the node agents to its gateway.
  std::string (*gateway_label)(const Pipeline& pipeline) = nullptr;
};

// Node agents read for all pipelines; one reader fetches the events of the cluster; a tenant's
// pipeline has a gateway besides, in its own namespace. All functions are pure.
struct Engine {
  Agent agent = Agent::kOpenTelemetry;
  // Error: kInvalid, whose message begins with the path of the field that the engine cannot do.
  Status (*check)(const Pipeline& pipeline) = nullptr;
  std::vector<SharedPart> shared;
  // Objects of the gateway of a tenant's pipeline; the last is its StatefulSet.
  Result<Rendered> (*gateway)(const Pipeline& pipeline, const ImageTable& images) = nullptr;
  FlowMetrics flow;
};

// What the operator has to read of the pods of an engine.
runtime::Meter MeterOf(const Engine& engine);

std::span<const Engine> Engines();
const Engine* EngineOf(Agent agent);  // null: none runs it

kube::ResourceRef WorkloadOf(const SharedPart& part);

// The gateway of a tenant's pipeline: its component, its workload, and its host for node agents.
inline constexpr std::string_view kGateway = config::kLogGateway;
kube::ResourceRef GatewayRef(const kube::ObjectKey& pipeline);
std::string GatewayHost(const kube::ObjectKey& pipeline);

}  // namespace belvedere::logpipeline

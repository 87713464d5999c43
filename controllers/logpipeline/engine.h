#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/logpipeline/pipeline.h"
#include "controllers/logpipeline/spec.h"
#include "controllers/operands/operand.h"

// What runs pipelines. Adding an engine: one file that defines an Engine, and one line in the table
// (engine.cpp).
namespace belvedere::logpipeline {

using operands::ImageTable;
using operands::Rendered;

// A node agent serves all pipelines of its engine, in belvedere-node; a tenant's pipeline has a
// gateway besides, in its own namespace. All functions are pure.
struct Engine {
  Agent agent = Agent::kOpenTelemetry;
  // Name of the node agent: of its objects, and its component.
  std::string_view name;
  // Error: kInvalid, whose message begins with the path of the field that the engine cannot do.
  Status (*check)(const Pipeline& pipeline) = nullptr;
  // Objects of the node agent for pipelines that passed `check`; the last is its DaemonSet.
  Result<Rendered> (*node_agent)(std::span<const Pipeline> pipelines,
                                 const ImageTable& images) = nullptr;
  // Objects of the gateway of a tenant's pipeline; the last is its StatefulSet.
  Result<Rendered> (*gateway)(const Pipeline& pipeline, const ImageTable& images) = nullptr;
};

std::span<const Engine> Engines();
const Engine* EngineOf(Agent agent);  // null: none runs it

kube::ResourceRef NodeAgentRef(const Engine& engine);

// The gateway of a tenant's pipeline: its component, its workload, and its host for node agents.
inline constexpr std::string_view kGateway = "log-gateway";
kube::ResourceRef GatewayRef(const kube::ObjectKey& pipeline);
std::string GatewayHost(const kube::ObjectKey& pipeline);

}  // namespace belvedere::logpipeline

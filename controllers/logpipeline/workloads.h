#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controllers/logpipeline/pipeline.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/restart.h"

// The objects around the pods of every engine: accounts, policies, Services, configs and workloads.
namespace belvedere::logpipeline {

using Files = std::map<std::string, std::string>;

struct NodeAgent {
  std::string name;
  operands::Token token = operands::Token::kNone;
  std::vector<operands::Port> ports;  // of its metrics
  Files files;
  Json pod = {};  // NodePodSpec() with the engine's containers and volumes
};

// Account, placement on every Linux node, and nothing that runs yet.
Json NodePodSpec(const NodeAgent& agent);
// In apply order; the last is the DaemonSet, which rolls one node at a time.
std::vector<runtime::Intent> NodeAgentObjects(const NodeAgent& agent,
                                              const operands::RestartConfig& config);

struct Gateway {
  kube::ObjectKey pipeline;
  std::vector<operands::Port> ports;  // of its metrics
  operands::Port inbound;             // where node agents send to
  std::string node_agent;             // whose pods may
  Files files;
  std::int64_t disk_bytes = 0;
  Json pod = {};  // GatewayPodSpec() with the engine's containers and volumes
};

// Bytes of disk that the buffers of a pipeline may take.
std::int64_t DiskBytes(const Pipeline& pipeline);

Json GatewayPodSpec(const Gateway& gateway);
// In apply order; the last is the StatefulSet, whose claim is called `data`.
std::vector<runtime::Intent> GatewayObjects(const Gateway& gateway,
                                            const operands::RestartConfig& config);

}  // namespace belvedere::logpipeline

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/pipeline.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/restart.h"

// The objects around the pods of every engine: accounts, policies, Services, configs and workloads.
namespace belvedere::logpipeline {

using Files = std::map<std::string, std::string>;

// Where an engine's pods run: on every node, as a tenant's gateway, or once for the events.
enum class Place { kNode, kGateway, kEvents };

// What pods mount: of the restart class, or (without `restart`) of the reload class, in a ConfigMap
// called as the workload.
struct Config {
  Files files;
  std::optional<operands::RestartConfig> restart;
};
Config RestartClass(const std::string& workload, Files files);
std::string ConfigMapOf(const std::string& workload, const Config& config);

// Termination message policy of an engine's containers: the status of a pod says why it crashed.
inline constexpr const char* kLastWords = "FallbackToLogsOnError";
// Of an engine's containers: on a node the files of other users are read, and nothing else is
// allowed.
Json ContainerContext(Place place);
Json HostVolume(const char* name, const char* path, const char* type);

// Reads for all pipelines of an engine: on every node, or the events of the cluster.
struct Reader {
  std::string name;
  operands::Token token = operands::Token::kNone;
  std::vector<operands::Port> ports;  // of its metrics
  Config config;
  Json pod = {};  // of the functions below, with the engine's containers and volumes
};

// Account, placement on every Linux node, and nothing that runs yet.
Json NodePodSpec(const Reader& reader);
// In apply order; the last is the DaemonSet, which rolls one node at a time.
std::vector<runtime::Intent> NodeAgentObjects(const Reader& reader);

Json EventPodSpec(const Reader& reader);
// In apply order; the last is a StatefulSet, since it never runs two pods; its claim is called
// `data`.
std::vector<runtime::Intent> EventReaderObjects(const Reader& reader);

struct Gateway {
  kube::ObjectKey pipeline;
  std::vector<operands::Port> ports;  // of its metrics
  operands::Port inbound;             // where node agents send to
  std::string node_agent;             // whose pods may
  Config config;
  std::int64_t claim_bytes = 0;
  Json pod = {};  // GatewayPodSpec() with the engine's containers and volumes
};

// The claim of a gateway, which cannot change afterwards: it has room for the buffers of several
// outputs more, and doubles where these are too few.
std::int64_t ClaimBytes(const Pipeline& pipeline);

Json GatewayPodSpec(const Gateway& gateway);
// In apply order; the last is the StatefulSet, whose claim is called `data`.
std::vector<runtime::Intent> GatewayObjects(const Gateway& gateway);

// Outputs of the pipelines that send from where they are read, without a gateway.
std::vector<Output> DirectOutputs(std::span<const Pipeline> pipelines);

}  // namespace belvedere::logpipeline

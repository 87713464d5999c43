#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/output.h"
#include "controllers/operands/restart.h"
#include "operator/base/json.h"

// Pods that run the OpenTelemetry collector, on a node or as a tenant's gateway.
namespace belvedere::logpipeline::otelcol {

inline constexpr const char* kConfigKey = "collector.yaml";
inline constexpr const char* kStateVolume = "data";  // the caller's: of the node, or a claim

enum class Place { kNode, kGateway };

struct Pod {
  Place place = Place::kNode;
  std::string image;
  operands::RestartConfig config;  // with kConfigKey
  std::vector<SecretKey> secrets;  // of all outputs that run here
  std::optional<SecretKey> aws_credentials;
};

// Adds containers and volumes to `pod_spec`, which has account, contexts and placement: the
// collector, and before it a run of the collector's own check of the config.
void AddCollector(const Pod& pod, Json& pod_spec);

}  // namespace belvedere::logpipeline::otelcol

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/output.h"
#include "controllers/logpipeline/workloads.h"

// Pods that run the OpenTelemetry collector.
namespace belvedere::logpipeline::otelcol {

inline constexpr const char* kConfigKey = "collector.yaml";
inline constexpr const char* kStateVolume = "data";  // the caller's: of the node, or a claim

struct Pod {
  Place place = Place::kNode;
  std::string image;
  std::string config_map;          // with kConfigKey
  std::vector<SecretKey> secrets;  // of all outputs that run here
  std::optional<SecretKey> aws_credentials;
};

// Adds containers and volumes to `pod_spec`, which has account, contexts and placement: the
// collector, and before it a run of the collector's own check of the config.
void AddCollector(const Pod& pod, Json& pod_spec);

}  // namespace belvedere::logpipeline::otelcol

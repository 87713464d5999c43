#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/output.h"
#include "controllers/logpipeline/workloads.h"
#include "controllers/operands/reload.h"

// Pods that run Fluent Bit. A gateway reloads its config, with an agent beside it that proves so.
// What all pipelines share is restarted instead, one node at a time: a config that breaks a node
// stops there, which no reload of all nodes at once could.
namespace belvedere::logpipeline::fluentbit {

inline constexpr const char* kConfigMount = "config";
inline constexpr const char* kConfigKey = "fluent-bit.yaml";
inline constexpr const char* kStateVolume = "data";  // the caller's: of the node, or a claim

struct Pod {
  Place place = Place::kNode;
  std::string image;
  std::string agent_image;
  operands::ConfigMount config;    // kConfigMount, with kConfigKey
  std::vector<SecretKey> secrets;  // of all outputs that run here
  std::optional<SecretKey> aws_credentials;
};

// Adds containers and volumes to `pod_spec`, which has account, contexts and placement: Fluent Bit,
// the agent beside it, and before both a run of Fluent Bit's own check of the config.
void AddFluentBit(const Pod& pod, Json& pod_spec);

}  // namespace belvedere::logpipeline::fluentbit

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/output.h"
#include "controllers/operands/reload.h"
#include "operator/base/json.h"

// Pods that run Fluent Bit, on a node or as a tenant's gateway.
namespace belvedere::logpipeline::fluentbit {

inline constexpr const char* kConfigMount = "config";
inline constexpr const char* kConfigKey = "fluent-bit.yaml";
inline constexpr const char* kStateVolume = "state";  // the caller's: of the node, or a claim

enum class Place { kNode, kGateway };

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

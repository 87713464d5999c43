#pragma once

#include <span>

#include "controllers/config/fluentbit.h"
#include "controllers/logpipeline/pipeline.h"

// What the Fluent Bit of a node, of a tenant's gateway, and the one reader of events run.
namespace belvedere::logpipeline::fluentbit {

using config::fluentbit::Model;

inline constexpr const char* kStateDir = "/var/lib/belvedere/fluent-bit";
inline constexpr int kHttpPort = 2020;
inline constexpr int kForwardPort = 24224;

// The name of an output in metrics of Fluent Bit.
std::string OutputAlias(const Pipeline& pipeline, const Output& output);
// And of what hands records to the gateway of the pipeline.
std::string GatewayAlias(const Pipeline& pipeline);

// Error: kInvalid, whose message begins with the path of the field below spec.
Status Check(const Pipeline& pipeline);

// All pipelines must have passed Check(), else kInvalid.
Result<Model> NodeAgentModel(std::span<const Pipeline> pipelines);
Result<Model> GatewayModel(const Pipeline& pipeline);
Result<Model> EventReaderModel(std::span<const Pipeline> pipelines);

}  // namespace belvedere::logpipeline::fluentbit

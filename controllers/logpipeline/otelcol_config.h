#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controllers/config/otelcol.h"
#include "controllers/logpipeline/pipeline.h"

// What the OpenTelemetry collector of a node, of a tenant's gateway, and the one reader of events
// run.
namespace belvedere::logpipeline::otelcol {

using config::otelcol::Component;
using config::otelcol::Model;

inline constexpr int kOtlpPort = 4317;
inline constexpr int kHealthPort = 13133;
inline constexpr int kMetricsPort = 8888;
// Buffers and offsets: one file for each component that keeps some.
inline constexpr const char* kStateDir = "/var/lib/belvedere/otel-collector";
// Its own lines are not read, or each record that it complains about would bring the next one.
inline constexpr const char* kContainerName = "belvedere-otel-collector";
// Environment variable with the name of the node.
inline constexpr const char* kNodeNameVariable = "K8S_NODE_NAME";

// The part of a tenant's pipeline through which its gateway gets what node agents read.
inline constexpr const char* kGatewayPart = "gateway";

// Types of the components that ask the API server, so that their pods need a token.
inline constexpr const char* kPodProcessor = "k8s_attributes";
inline constexpr const char* kEventReceiver = "k8s_objects";

// Id of the component that a pipeline has for an input, an output or its gateway. People read it in
// metrics and logs, so it begins with names: <namespace>.<pipeline>.<part>.<id of the pipeline>; by
// its end no pipeline gets offsets or a buffer of another that had the same names.
std::string PartId(const Pipeline& pipeline, std::string_view part);

// The exporter of an output as metrics of the collector name it, <type>/<id>.
std::string ExporterId(const Pipeline& pipeline, const Output& output);
std::string GatewayExporterId(const Pipeline& pipeline);

// Error: kInvalid, whose message begins with the path of the field.
Status Check(const Pipeline& pipeline);

// All pipelines must have passed Check(), else kInvalid. A model without pipelines is nothing that
// the collector runs.
Result<Model> NodeAgentModel(std::span<const Pipeline> pipelines);
Result<Model> GatewayModel(const Pipeline& pipeline);
Result<Model> EventReaderModel(std::span<const Pipeline> pipelines);

}  // namespace belvedere::logpipeline::otelcol

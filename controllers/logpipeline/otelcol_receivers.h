#pragma once

#include <vector>

#include "controllers/config/otelcol.h"
#include "controllers/logpipeline/pipeline.h"

// Where the records of a pipeline come from.
namespace belvedere::logpipeline::otelcol {

using config::otelcol::Component;

struct Input {
  std::vector<Component> receivers;
  std::vector<Component> processors;  // what picks the pipeline's records out of what is received
};

// The field of a resource that says which input of the spec a record is of.
inline constexpr const char* kInputAttribute = "belvedere.input";
// And which pipeline: <namespace>.<name>.
inline constexpr const char* kPipelineAttribute = "belvedere.pipeline";
// Of the extension that keeps offsets and buffers.
inline constexpr const char* kStorage = "file_storage";

// Whether a receiver repeats what was refused. With several exporters it would repeat it for those
// that took it as well.
enum class Refused { kRepeated, kCounted };

// Error: kInvalid, whose message begins with the path of the field.
Result<Input> NodeInput(const Pipeline& pipeline, Refused refused);
Input GatewayInput(const Pipeline& pipeline);
Input EventInput(const Pipeline& pipeline);

}  // namespace belvedere::logpipeline::otelcol

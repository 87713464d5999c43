#pragma once

#include <string>
#include <vector>

#include "controllers/config/otelcol.h"
#include "controllers/logpipeline/pipeline.h"

// Where the records of a pipeline go.
namespace belvedere::logpipeline::otelcol {

using config::otelcol::Component;

// Exporters that take the same records. An output that wants them otherwise has a lane of its own.
struct Lane {
  std::string id;
  std::vector<Component> processors;
  std::vector<Component> exporters;
  std::vector<Component> extensions;
};

// Error: kInvalid, whose message begins with the path of the field.
Result<std::vector<Lane>> OutputLanes(const Pipeline& pipeline);
Lane GatewayLane(const Pipeline& pipeline);

}  // namespace belvedere::logpipeline::otelcol

#pragma once

#include <string>
#include <vector>

#include "controllers/logpipeline/pipeline.h"

// Pipelines for tests of the collector.
namespace belvedere::logpipeline::testing {

// spec.outputs, which must be without problems.
std::vector<Output> MakeOutputs(const std::string& yaml);

// One filter of each kind that the collector has.
std::vector<Filter> EveryFilter();

// Everything of a node, sent to a Loki and to a bucket.
Pipeline PlatformPipeline();

// The containers of a namespace, filtered and sent to a Loki by the tenant's gateway.
Pipeline TenantPipeline(const std::string& ns);

// A tenant with a selector and two outputs elsewhere.
Pipeline ShopPipeline();

}  // namespace belvedere::logpipeline::testing

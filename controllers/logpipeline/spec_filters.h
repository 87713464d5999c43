#pragma once

#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/logpipeline/pipeline.h"

namespace belvedere::logpipeline {

// Reads spec.filters, each of which is one of the kinds of Filter.
std::vector<Filter> ParseFilters(config::FieldReader& spec);

}  // namespace belvedere::logpipeline

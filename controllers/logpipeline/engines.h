#pragma once

#include "controllers/logpipeline/engine.h"

// The rows of the table, each defined in the file of its engine.
namespace belvedere::logpipeline {

Engine FluentBit();
Engine OpenTelemetry();

}  // namespace belvedere::logpipeline

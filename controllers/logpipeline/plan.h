#pragma once

#include <string>

#include "controllers/logpipeline/engine.h"
#include "controllers/operands/holder.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::logpipeline {

// All objects of a pipeline: its gateway, where it is a tenant's, and the node agents that it has
// to write for all pipelines. Pure. What cannot be planned is refused with reason InvalidSpec; in
// the node agents' config it is left out, and the other pipelines run.
runtime::Plan MakePlan(const cache::Primary& self, const runtime::World& world,
                       const ImageTable& images);

// What of the world a plan depends on, as text.
std::string PlanInputs(const cache::Primary& self, const runtime::World& world);

// The node agents of an engine, as its pipelines share them.
operands::SharedWorkload SharedOf(const Engine& engine);

}  // namespace belvedere::logpipeline

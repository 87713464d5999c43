#pragma once

#include <string>

#include "controllers/logpipeline/running.h"
#include "controllers/operands/holder.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::logpipeline {

// All objects of a pipeline: its gateway, where it is a tenant's, and the shared workloads that it
// has to write for all pipelines. Pure. A pipeline that is paused, or that cannot be planned (then
// it is refused with reason InvalidSpec), goes on in the shared workloads with the spec that was
// accepted last, and the others get theirs.
runtime::Plan MakePlan(const cache::Primary& self, const runtime::World& world,
                       const ImageTable& images, const SpecReader& reader);

// What of the world a plan depends on, as text.
std::string PlanInputs(const cache::Primary& self, const runtime::World& world,
                       const SpecReader& reader);

// A shared workload, as the pipelines of its engine share it. Keeps references to all three.
operands::SharedWorkload SharedOf(const Engine& engine, const SharedPart& part,
                                  const SpecReader& reader);

}  // namespace belvedere::logpipeline

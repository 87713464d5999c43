#pragma once

#include <span>

#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::operands {

// What a resource of any of our kinds says of itself (DESIGN 5). Pure. `possible`: the workloads it
// may have, of which it tells while its plan is refused.
runtime::Report MakeReport(const cache::Primary& self, const runtime::World& world,
                           const runtime::Plan& plan, const runtime::Outcome& outcome,
                           std::span<const runtime::ComponentPlan> possible);

}  // namespace belvedere::operands

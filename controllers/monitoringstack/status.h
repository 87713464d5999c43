#pragma once

#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::monitoringstack {

// What a stack says of itself (DESIGN 5). Pure.
runtime::Report MakeReport(const cache::Primary& self, const runtime::World& world,
                           const runtime::Plan& plan, const runtime::Outcome& outcome);

}  // namespace belvedere::monitoringstack

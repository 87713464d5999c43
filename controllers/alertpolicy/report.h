#pragma once

#include "controllers/alertpolicy/compile.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

// What a policy says of itself, read from its stack: whether the spec is accepted, entry by entry,
// and whether every Prometheus of the stack has loaded its rules. Pure.
runtime::Report MakeReport(const cache::Primary& self, const runtime::World& world,
                           const Compiler& compiler);

}  // namespace belvedere::alertpolicy

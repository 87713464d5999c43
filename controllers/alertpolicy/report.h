#pragma once

#include <optional>

#include "controllers/alertpolicy/compile.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

// The stack of this key; null: there is none.
const cache::Primary* FindStack(const kube::ObjectKey& key, const runtime::World& world);

// Why the spec or an entry of it cannot be, on its stack or, where that is missing, on any.
std::optional<runtime::Cause> RefusalOf(const cache::Primary& self, const runtime::World& world,
                                        const Compiler& compiler);

// What a policy says of itself, read from its stack: whether the spec is accepted, entry by entry,
// and whether every Prometheus of the stack has loaded its rules. Pure.
runtime::Report MakeReport(const cache::Primary& self, const runtime::World& world,
                           const Compiler& compiler);

}  // namespace belvedere::alertpolicy

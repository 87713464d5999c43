#pragma once

#include <string>

#include "controllers/alertpolicy/compile.h"
#include "controllers/operands/images.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::monitoringstack {

// All objects of a stack: its own, and those singletons that it has to write. Pure. A spec that
// cannot be planned is refused with reason InvalidSpec or UnsupportedVersion.
runtime::Plan MakePlan(const cache::Primary& self, const runtime::World& world,
                       const operands::ImageTable& images, const alertpolicy::Compiler& policies);

// What of the world a plan depends on, as text.
std::string PlanInputs(const cache::Primary& self, const runtime::World& world,
                       const alertpolicy::Compiler& policies);

}  // namespace belvedere::monitoringstack

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/operands/images.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::monitoringstack {

// All objects of a stack: its own, and those singletons that it has to write. Pure. A spec that
// cannot be planned is refused with reason InvalidSpec or UnsupportedVersion.
runtime::Plan MakePlan(const cache::Primary& self, const runtime::World& world,
                       const operands::ImageTable& images);

// An operand that the stack wants, whoever writes it.
struct ComponentPlan {
  std::string name;
  kube::ResourceRef workload;
  std::optional<int> desired;  // none: as many as there are nodes
  std::string wanted;          // hash of its reload-class config; empty: it has none
  std::string checksum;        // of its restart-class config; empty: it has none
};

// What Plan::detail says.
struct Detail {
  std::vector<ComponentPlan> components;
  std::string config_hash;  // over all components; empty when refused
};

Detail DetailOf(const cache::Primary& self, const runtime::Plan& plan);

}  // namespace belvedere::monitoringstack

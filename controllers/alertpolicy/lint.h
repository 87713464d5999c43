#pragma once

#include <string>
#include <vector>

#include "controllers/alertpolicy/compile.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

struct Finding {
  // kError: what the status would refuse. kNote: what else it would say, and what only a cluster
  // knows. kAdvice: good practice.
  enum class Kind { kError, kNote, kAdvice } kind = Kind::kError;
  std::string text;  // begins with the path of the field
};

// All that can be said of a policy without a cluster. `world` holds the stacks that are known, and
// of namespaces the labels that are known. Pure.
std::vector<Finding> Lint(const cache::Primary& policy, const runtime::World& world,
                          const Compiler& compiler);

}  // namespace belvedere::alertpolicy

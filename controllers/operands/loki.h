#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Keeps the logs of the cluster, apart by tenant (header X-Scope-OrgID).
Operand Loki();

}  // namespace belvedere::operands

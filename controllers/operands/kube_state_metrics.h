#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Metrics of the objects in the API server. One for the whole cluster.
Operand KubeStateMetrics();

}  // namespace belvedere::operands

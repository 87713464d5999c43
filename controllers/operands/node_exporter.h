#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Metrics of each node's kernel and hardware. One for the whole cluster.
Operand NodeExporter();

}  // namespace belvedere::operands

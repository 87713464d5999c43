#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Keeps the logs of the cluster, apart by tenant (header X-Scope-OrgID).
Operand Loki();

// Host of the Service of a stack's Loki, which listens on config::kLokiWebPort.
std::string LokiHost(const StackRef& stack);

std::string LokiUrl(const StackRef& stack);

}  // namespace belvedere::operands

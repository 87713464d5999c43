#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// One or more identical Prometheus servers, which scrape the targets of the stack and evaluate its
// rules.
Operand Prometheus();

// Where a stack's Prometheus answers: http://HOST:PORT.
std::string PrometheusUrl(const StackRef& stack);

}  // namespace belvedere::operands

#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Shows what the stack measures: data sources and dashboards are provisioned, and so is the admin.
Operand Grafana();

}  // namespace belvedere::operands

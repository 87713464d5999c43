#pragma once

#include "controllers/operands/holder.h"
#include "controllers/operands/operand.h"
#include "operator/cache/projection.h"

// The cluster's singletons: operands that all stacks share.
namespace belvedere::monitoringstack {

// `operand` is a singleton, and a row of the table.
operands::SharedWorkload SharedOf(const operands::Operand& operand);

operands::StackRef StackOf(const cache::Primary& primary);

}  // namespace belvedere::monitoringstack

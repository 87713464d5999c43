#pragma once

#include <string>

#include "controllers/operands/operand.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

namespace belvedere::operands {

// Shows what the stack measures: data sources and dashboards are provisioned, and so is the admin.
Operand Grafana();

// Member of the stack's status: which Secret was generated last.
inline constexpr const char* kAdminSecretField = "adminSecret";

// The Secret of the admin that is generated where the spec names none, and so its marker. A stack
// keeps the one that it has. The next has another name: the garbage collector may still be about to
// delete the last one's Secret.
std::string AdminSecretOf(const cache::Primary& self, const runtime::World& world);

// For the status; empty: none was generated yet.
std::string ReportedAdminSecret(const cache::Primary& self, const runtime::World& world);

}  // namespace belvedere::operands

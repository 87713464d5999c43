#pragma once

#include <string>

#include "operator/cache/projection.h"

// The last good part of a resource: while its spec is wrong, what was accepted before runs on.
namespace belvedere::operands {

// Member of the status that keeps the spec which was accepted last, as JSON text.
inline constexpr const char* kAcceptedSpec = "acceptedSpec";

// It, as the status of the resource says; empty: none was accepted yet.
std::string AcceptedSpec(const cache::Primary& primary);

}  // namespace belvedere::operands

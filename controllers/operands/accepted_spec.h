#pragma once

#include <string>

#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// The last good part of a resource: while its spec is wrong, what was accepted before runs on.
namespace belvedere::operands {

// Member of the status that keeps the spec which was accepted last, as JSON text.
inline constexpr const char* kAcceptedSpec = "acceptedSpec";

// Member that keeps the one before it until every pod has proven to run it; absent: they have.
inline constexpr const char* kProvenSpec = "provenSpec";

// What the status of the resource says of them; empty: there is none yet.
std::string AcceptedSpec(const cache::Primary& primary);
std::string ProvenSpec(const cache::Primary& primary);

// Has the status keep both, `accepted` being what is accepted now.
void KeepSpecs(const cache::Primary& primary, const std::string& accepted, runtime::Report& report);

}  // namespace belvedere::operands

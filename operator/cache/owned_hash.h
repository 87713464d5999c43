#pragma once

#include <cstdint>

#include "operator/base/json.h"

namespace belvedere::cache {

// Drift detection without keeping objects.
//
// The API server records in metadata.managedFields (fieldsV1, KEP-555) exactly which fields a
// server-side apply owns, and takes away a field from us as soon as another manager changes it. So
// the live object, cut down to the fields we own, equals our last intent if and only if nobody has
// touched them. Both sides are hashed over canonical JSON; intents must therefore be written as the
// server stores them (canonical quantities, no nulls, no empty lists).

// Hash of `live` cut down to what the Apply entry of kube::kFieldManager (no subresource) owns.
// 0: no such entry.
std::uint64_t OwnedHash(const Json& live);

// kube::kSeal of that entry: while it stays, so does OwnedHash. 0: none.
std::uint32_t SealOf(const Json& live);

// Hash of an intent: everything but apiVersion, kind and the identity in metadata.
std::uint64_t IntentHash(const Json& intent);

// The cut-down document itself, for diffs and tests.
Json OwnedFields(const Json& live);
Json IntentFields(const Json& intent);

}  // namespace belvedere::cache

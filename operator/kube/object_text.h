#pragma once

#include <cstdint>
#include <string_view>

#include "operator/base/json.h"

namespace belvedere::kube {

// What ParseObjects adds to an entry of ours, of an object that counts its generations: a hash,
// never 0, of the entry and of all metadata but UID and version. While that stays, nothing has
// changed that the entry owns: generation tells of spec, and the rest of the text of itself.
inline constexpr const char* kSeal = "seal";

// As ParseJson, of text that holds objects: one, a list, or an event of a watch. Of the entries of
// metadata.managedFields, which are half of all that the API server says of an object, only what
// is read is parsed. Left out are those of other managers than kFieldManager, and the fieldsV1 of
// ours where their seal is `known_seal`, since the caller has read them, or where metadata is all
// that there is (PartialObjectMetadata), since they tell of the rest. That is so for the compact
// form, which the API server writes; in any other nothing is left out, and nothing added.
Result<Json> ParseObjects(std::string_view text, std::uint32_t known_seal = 0);

}  // namespace belvedere::kube

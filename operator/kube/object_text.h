#pragma once

#include <cstdint>
#include <string_view>

#include "operator/base/json.h"
#include "operator/kube/client.h"

namespace belvedere::kube {

// What ParseObjects adds to an entry of ours, of an object that counts its generations: a hash,
// never 0, of the entry and of all metadata but UID and version. While that stays, nothing has
// changed that the entry owns: generation tells of spec, and the rest of the text of itself.
inline constexpr const char* kSeal = "seal";

// What the caller needs not be told of the objects in a text.
struct Known {
  std::uint32_t seal = 0;  // kSeal of what has been read of the one object; 0: none
  Projection projection = Projection::kFull;
};

// As ParseJson, of text that holds objects: one, a list, or an event of a watch. Only what is read
// is parsed. Of the entries of metadata.managedFields, which are half of all that the API server
// says of an object, those of other managers than kFieldManager are left out. Of ours fieldsV1 is
// emptied where metadata is all that there is (PartialObjectMetadata), since it tells of the rest,
// and where its seal is known; then spec.template is too, the most of a workload. A projection
// kWithoutSpec empties spec. That is so for the compact form, which the API server writes; in any
// other nothing is left out, and nothing added.
Result<Json> ParseObjects(std::string_view text, Known known = {});

}  // namespace belvedere::kube

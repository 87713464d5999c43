#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/base/json.h"

namespace belvedere::cli {

// One field that an apply would change. Paths read like those of `kubectl explain`, items of lists
// by the name that tells them apart: spec.template.spec.containers[name=prometheus].image.
struct FieldChange {
  std::string path;
  std::optional<Json> live;    // none: would be added
  std::optional<Json> wanted;  // none: would be taken away
};

// What applying `wanted` to `live` changes. Fields of `live` that `wanted` does not name stay as
// they are, unless they are in `owned`: those we applied before and want no longer.
std::vector<FieldChange> DiffFields(const Json& live, const Json& owned, const Json& wanted);

// For people: one line, or for long texts their lines that differ, as in a unified diff.
std::string Describe(const FieldChange& change);

// The lines of a text that are taken away ("-") and added ("+"), with up to `context` lines around.
std::string DiffLines(const std::string& before, const std::string& after, int context);

}  // namespace belvedere::cli

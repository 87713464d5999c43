#pragma once

#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere::kube {

// Limits against documents that are small on disk and huge in memory (aliases), or deep.
struct YamlLimits {
  std::size_t bytes = std::size_t{4} << 20U;
  int depth = 64;
  int nodes = 200'000;  // values after aliases are expanded
};

// Each document of a YAML stream as JSON, the empty ones left out. Scalars as kubectl reads them:
// plain ones may be null, booleans and numbers; quoted ones are strings. Keys are strings and may
// not come twice. Never throws. Errors: kDecode, with line and column.
Result<std::vector<Json>> ParseYaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace belvedere::kube

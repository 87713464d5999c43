#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/cli/cli.h"

namespace belvedere::cli {

// An object of a manifest and where it stands there, for messages: "stack.yaml, document 2".
struct Manifest {
  std::string origin;
  Json object;
};

// All objects of YAML or JSON text: documents are parted by lines of "---", a v1 List stands for
// its items, empty documents for nothing. Error: kDecode, naming the document.
Result<std::vector<Manifest>> ParseManifests(std::string_view text, const std::string& origin);

// The objects of files and of directories (their *.yaml, *.yml and *.json, by name); "-" is
// standard input. Error: also kNotFound for what cannot be read.
Result<std::vector<Manifest>> ReadManifests(const std::vector<std::string>& paths,
                                            const Streams& streams);

}  // namespace belvedere::cli

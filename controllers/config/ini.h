#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "operator/base/result.h"

// INI files as Grafana reads them, as data.
namespace belvedere::config::ini {

// Grafana takes the value from this file when it starts.
struct FromFile {
  std::string path;

  bool operator==(const FromFile&) const = default;
};

using Value = std::variant<bool, std::int64_t, std::string, FromFile>;
// Settings by section and key.
using Document = std::map<std::string, std::map<std::string, Value>>;

// Deterministic: equal documents give equal bytes. Error: kInvalid, naming section and key, for a
// name that is not of a-z, 0-9, _ and ., for a text in which anything could be a reference, a
// comment, a quotation or a second line, and for a path that is not plainly one.
Result<std::string> ToIni(const Document& document);

}  // namespace belvedere::config::ini

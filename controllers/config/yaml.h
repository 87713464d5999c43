#pragma once

#include <string>
#include <string_view>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere::config {

// `value` as a YAML 1.2 document in block style. Deterministic: equal values give equal bytes.
// Every string that is not plainly a word is quoted and escaped, so that a string can never become
// another type, a tag, an anchor or a second line. Reading it back (ParseYaml, or any YAML 1.1 or
// 1.2 reader) gives `value` again. Error: kInvalid for strings that are not UTF-8, and for numbers
// that are not finite.
Result<std::string> ToYaml(const Json& value);

// Reads one YAML document, or none (null), as kube::ParseYaml does. Error: kDecode.
Result<Json> ParseYaml(std::string_view text);

}  // namespace belvedere::config

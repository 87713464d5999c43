#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "operator/base/result.h"

// Its members are made in json.cpp; made anew in each file, they are a tenth of all compile time.
extern template class nlohmann::basic_json<>;

namespace belvedere {

// A JSON value. Object keys are ordered by std::map, so that Dump() is canonical: equal values
// give equal bytes.
using Json = nlohmann::json;

inline constexpr int kMaxJsonDepth = 64;

// Parses `text`, refusing more than kMaxJsonDepth levels. Never throws. Error: kDecode.
Result<Json> ParseJson(std::string_view text);

// Where the next bracket outside of strings is, of JSON text from a place outside of strings on;
// npos: there is none.
std::size_t NextBracket(std::string_view text, std::size_t from);
constexpr bool IsOpening(char bracket) { return bracket == '{' || bracket == '['; }

// Canonical bytes: sorted keys, no white space; invalid UTF-8 is replaced, never thrown.
std::string Dump(const Json& value);

// Dump() of an object with `members` in place of its own of the same names. Copies none of the
// others, which may be large.
std::string DumpWith(const Json& object, const Json& members);

// The value at `pointer` (RFC 6901), or null where any step is missing.
const Json& At(const Json& value, std::string_view pointer);

// Scalars at `pointer`, or `fallback` where missing or of another type.
std::string StringAt(const Json& value, std::string_view pointer, std::string fallback = {});
std::int64_t IntAt(const Json& value, std::string_view pointer, std::int64_t fallback = 0);

}  // namespace belvedere

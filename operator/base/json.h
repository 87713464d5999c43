#pragma once

#include <algorithm>
#include <boost/container/flat_map.hpp>
#include <compare>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "operator/base/result.h"

namespace belvedere {

// The members of an object, sorted by name in one array: most objects are small, and a node for
// each member costs more than moving members to make room. So a reference to a member does not
// survive the insertion of another one into the same object; in debug builds every insertion moves
// all members, so that ASan finds who holds on to one.
template <typename Name, typename Value, typename Less, typename NodeAllocator>
class SortedMembers : public boost::container::flat_map<Name, Value, Less> {
 public:
  using Base = boost::container::flat_map<Name, Value, Less>;
  using Base::Base;

  template <typename Key, typename... Args>
  auto emplace(Key&& name, Args&&... args) {
    MoveForNew(name);
    return Base::emplace(std::forward<Key>(name), std::forward<Args>(args)...);
  }
  template <typename Key>
  Value& operator[](Key&& name) {
    MoveForNew(name);
    return Base::operator[](std::forward<Key>(name));
  }

  friend std::partial_ordering operator<=>(const SortedMembers& a, const SortedMembers& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  void MoveForNew([[maybe_unused]] const auto& name) {
#ifndef NDEBUG
    if (this->contains(name)) return;
    Base moved;
    moved.reserve(this->size() + 1);
    for (auto& [key, value] : *this) {
      moved.emplace_hint(moved.end(), std::move(key), std::move(value));
    }
    this->swap(moved);
#endif
  }
};

}  // namespace belvedere

// Its members are made in json.cpp; made anew in each file, they are a tenth of all compile time.
extern template class nlohmann::basic_json<belvedere::SortedMembers>;

namespace belvedere {

// A JSON value. Members of objects are sorted by name, so that Dump() is canonical: equal values
// give equal bytes.
using Json = nlohmann::basic_json<SortedMembers>;

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

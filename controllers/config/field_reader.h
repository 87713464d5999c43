#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/quantity.h"

namespace belvedere::config {

// Reads the fields of one JSON object into typed values. Every problem is noted with the path of
// its field; reading goes on, with the fallback, so that one visit can name them all. Not
// thread-safe; children share the problems of their root, which must outlive them.
class FieldReader {
 public:
  using Problems = std::vector<std::string>;
  template <typename E>
  using Choices = std::vector<std::pair<std::string_view, E>>;

  // Reads `object` (null reads as {}), called `path` in problems.
  FieldReader(const Json& object, std::string path, Problems& problems);

  // The object at `key`; reads as {} where missing.
  FieldReader Child(const std::string& key);
  bool Has(const std::string& key);

  std::optional<std::string> Text(const std::string& key, std::size_t max_length);
  std::optional<std::int64_t> Integer(const std::string& key, std::int64_t least,
                                      std::int64_t most);
  std::optional<std::chrono::milliseconds> Duration(const std::string& key,
                                                    std::chrono::milliseconds least,
                                                    std::chrono::milliseconds most);
  std::optional<bool> Flag(const std::string& key);
  std::optional<std::int64_t> ByteSize(const std::string& key);
  std::optional<Quantity> ReadQuantity(const std::string& key);
  std::map<std::string, std::string> Map(const std::string& key);
  std::map<std::string, Quantity> Quantities(const std::string& key);
  std::vector<std::string> Texts(const std::string& key);
  // One reader for each item of a list of objects.
  std::vector<FieldReader> Items(const std::string& key);

  template <typename E>
  E Choice(const std::string& key, const Choices<E>& choices, E fallback) {
    const std::optional<std::string> text = Text(key, 64);
    if (!text) return fallback;
    std::string names;
    for (const auto& [name, value] : choices) {
      if (*text == name) return value;
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    Note(key, "\"" + *text + "\" is not one of " + names);
    return fallback;
  }

  // Notes a problem of `key` (empty: of this object).
  void Note(const std::string& key, const std::string& problem);
  // Notes every field that nobody asked for: a typing error, or a field of another version.
  void RejectOthers();

  std::string PathOf(const std::string& key) const;

 private:
  // The value, or null where missing or of another type than `is`.
  const Json* Find(const std::string& key, Json::value_t type, std::string_view what);

  const Json& object_;
  const std::string path_;
  Problems& problems_;
  std::set<std::string> asked_;
};

// The first of them as one text for people, and how many more there are.
std::string Join(const FieldReader::Problems& problems);

}  // namespace belvedere::config

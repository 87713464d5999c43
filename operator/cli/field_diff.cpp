#include "operator/cli/field_diff.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <string_view>

namespace belvedere::cli {
namespace {

// Labels and annotations have dots and slashes in their names.
std::string Step(const std::string& path, const std::string& name) {
  const bool plain = name.find_first_of("./[]\"") == std::string::npos && !name.empty();
  if (!plain) return path + "[" + Json(name).dump() + "]";
  return path.empty() ? name : path + "." + name;
}

bool AllHaveUnique(const Json& list, const char* key) {
  std::set<std::string> seen;
  for (const Json& item : list) {
    const std::string value = StringAt(item, std::string("/") + key);
    if (value.empty() || !seen.insert(value).second) return false;
  }
  return !list.empty();
}

// The member that tells the items of both lists apart; empty: their place does.
std::string KeyOfItems(const Json& live, const Json& wanted) {
  for (const char* key : {"mountPath", "name"}) {
    if (AllHaveUnique(wanted, key) && (live.empty() || AllHaveUnique(live, key))) return key;
  }
  return {};
}

bool IsListOfObjects(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_object(); });
}

const Json* Find(const Json& list, const std::string& key, const std::string& value) {
  for (const Json& item : list) {
    if (StringAt(item, "/" + key) == value) return &item;
  }
  return nullptr;
}

class Differ {
 public:
  void Compare(const std::string& path, const Json* live, const Json& owned, const Json& wanted) {
    if (live == nullptr) {
      changes_.push_back({path, std::nullopt, wanted});
    } else if (live->is_object() && wanted.is_object()) {
      CompareObjects(path, *live, owned, wanted);
    } else if (IsListOfObjects(*live) && IsListOfObjects(wanted)) {
      CompareLists(path, *live, owned, wanted);
    } else if (*live != wanted) {
      changes_.push_back({path, *live, wanted});
    }
  }

  std::vector<FieldChange> Take() { return std::move(changes_); }

 private:
  void CompareObjects(const std::string& path, const Json& live, const Json& owned,
                      const Json& wanted) {
    for (const auto& [name, value] : wanted.items()) {
      const auto found = live.find(name);
      Compare(Step(path, name), found == live.end() ? nullptr : &*found,
              At(owned, "/" + Pointer(name)), value);
    }
    if (!owned.is_object()) return;
    for (const auto& [name, value] : owned.items()) {
      if (!wanted.contains(name)) changes_.push_back({Step(path, name), value, std::nullopt});
    }
  }

  void CompareLists(const std::string& path, const Json& live, const Json& owned,
                    const Json& wanted) {
    const std::string key = KeyOfItems(live, wanted);
    if (key.empty()) return CompareByPlace(path, live, owned, wanted);
    for (const Json& item : wanted) {
      const std::string name = StringAt(item, "/" + key);
      const Json* owned_item = Find(owned, key, name);
      Compare(path + "[" + key + "=" + name + "]", Find(live, key, name),
              owned_item == nullptr ? Json() : *owned_item, item);
    }
    if (!owned.is_array()) return;
    for (const Json& item : owned) {
      const std::string name = StringAt(item, "/" + key);
      if (Find(wanted, key, name) == nullptr) {
        changes_.push_back({path + "[" + key + "=" + name + "]", item, std::nullopt});
      }
    }
  }

  void CompareByPlace(const std::string& path, const Json& live, const Json& owned,
                      const Json& wanted) {
    if (live.size() != wanted.size()) {
      changes_.push_back({path, live, wanted});
      return;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::string place = std::to_string(i);
      Compare(path + "[" + place + "]", &live[i], At(owned, "/" + place), wanted[i]);
    }
  }

  static std::string Pointer(std::string name) {
    for (const auto& [from, to] : {std::pair{"~", "~0"}, std::pair{"/", "~1"}}) {
      for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos; at += 2) {
        name.replace(at, 1, to);
      }
    }
    return name;
  }

  std::vector<FieldChange> changes_;
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Longest common subsequences of all suffixes; texts beyond a few thousand lines that differ are
// taken as wholly different.
constexpr std::size_t kMaxCells = 4'000'000;

using Edit = std::pair<char, std::string>;

std::vector<Edit> EditsOf(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<Edit> edits;
  const std::size_t width = b.size() + 1;
  if ((a.size() + 1) * width > kMaxCells) {
    for (const std::string& line : a) edits.emplace_back('-', line);
    for (const std::string& line : b) edits.emplace_back('+', line);
    return edits;
  }
  std::vector<int> common((a.size() + 1) * width, 0);
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      common[i * width + j] =
          a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                       : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      edits.emplace_back(' ', a[i++]);
      ++j;
    } else if (j == b.size() ||
               (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      edits.emplace_back('-', a[i++]);
    } else {
      edits.emplace_back('+', b[j++]);
    }
  }
  return edits;
}

std::string Short(const Json& value) {
  if (value.is_array() || value.is_object()) return Dump(value);
  return value.is_string() ? Json(value).dump(-1, ' ', false, Json::error_handler_t::replace)
                           : Dump(value);
}

// Texts and lists of scalars read best line by line.
std::optional<std::string> AsLines(const Json& value) {
  if (value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos) {
    return value.get<std::string>();
  }
  if (!value.is_array()) return std::nullopt;
  std::string lines;
  for (const Json& item : value) lines += Short(item) + "\n";
  return lines;
}

std::string Indented(const std::string& text) {
  std::string indented;
  for (const std::string& line : LinesOf(text)) indented += "      " + line + "\n";
  return indented;
}

}  // namespace

std::vector<FieldChange> DiffFields(const Json& live, const Json& owned, const Json& wanted) {
  Differ differ;
  differ.Compare("", &live, owned, wanted);
  return differ.Take();
}

std::string DiffLines(const std::string& before, const std::string& after, int context) {
  const std::vector<Edit> edits = EditsOf(LinesOf(before), LinesOf(after));
  const auto is_near = [&edits, context](std::size_t at) {
    const auto reach = static_cast<std::size_t>(context);
    const std::size_t first = at < reach ? 0 : at - reach;
    const std::size_t last = std::min(edits.size(), at + reach + 1);
    return std::any_of(edits.begin() + static_cast<std::ptrdiff_t>(first),
                       edits.begin() + static_cast<std::ptrdiff_t>(last),
                       [](const Edit& edit) { return edit.first != ' '; });
  };
  std::string text;
  bool skipped = false;
  for (std::size_t at = 0; at < edits.size(); ++at) {
    if (!is_near(at)) {
      skipped = true;
      continue;
    }
    if (skipped && !text.empty()) text += "...\n";
    skipped = false;
    text += edits[at].first + (" " + edits[at].second) + "\n";
  }
  return text;
}

std::string Describe(const FieldChange& change) {
  if (change.live && change.wanted) {
    const std::optional<std::string> before = AsLines(*change.live);
    const std::optional<std::string> after = AsLines(*change.wanted);
    if (before && after)
      return "    " + change.path + ":\n" + Indented(DiffLines(*before, *after, 2));
    return "    " + change.path + ": " + Short(*change.live) + " -> " + Short(*change.wanted) +
           "\n";
  }
  const bool added = change.wanted.has_value();
  return std::string("  ") + (added ? "+ " : "- ") + change.path + ": " +
         Short(added ? *change.wanted : *change.live) + "\n";
}

}  // namespace belvedere::cli

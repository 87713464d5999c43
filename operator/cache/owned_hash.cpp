#include "operator/cache/owned_hash.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/hash.h"
#include "operator/kube/client.h"

// fieldsV1 is a tree whose member names are path steps: "f:<field>", "k:<key fields as JSON>" for
// an item of an associative list, "v:<value as JSON>" for an item of a set, "i:<index>", and "."
// for the container itself. A step without members is owned whole
// (sigs.k8s.io/structured-merge-diff, fieldpath/serialize.go).
namespace belvedere::cache {
namespace {

Json Project(const Json& live, const Json& fields);

bool IsStep(std::string_view step, char type) {
  return step.size() >= 2 && step[0] == type && step[1] == ':';
}

Json ProjectObject(const Json& live, const Json& fields) {
  Json result = Json::object();
  for (const auto& [step, below] : fields.items()) {
    if (!IsStep(step, 'f')) continue;
    const std::string name = step.substr(2);
    const auto found = live.find(name);
    if (found != live.end()) result[name] = Project(*found, below);
  }
  return result;
}

// A step of a list, its text decoded once.
struct ItemStep {
  char type = 'k';
  Json wanted;
  const Json* below = nullptr;
};

std::vector<ItemStep> ItemSteps(const Json& fields) {
  std::vector<ItemStep> steps;
  for (const auto& [step, below] : fields.items()) {
    if (!IsStep(step, 'k') && !IsStep(step, 'v') && !IsStep(step, 'i')) continue;
    auto wanted = ParseJson(std::string_view(step).substr(2));
    if (wanted.has_value()) steps.push_back({step[0], *std::move(wanted), &below});
  }
  return steps;
}

bool HasKeys(const Json& item, const Json& keys) {
  if (!item.is_object() || !keys.is_object()) return false;
  for (const auto& [name, value] : keys.items()) {
    const auto found = item.find(name);
    if (found == item.end() || *found != value) return false;
  }
  return true;
}

bool Selects(const ItemStep& step, const Json& item, std::size_t index) {
  switch (step.type) {
    case 'k':
      return HasKeys(item, step.wanted);
    case 'v':
      return item == step.wanted;
    default:
      return step.wanted == index;
  }
}

// Keeps the live order of the items.
Json ProjectArray(const Json& live, const Json& fields) {
  const std::vector<ItemStep> steps = ItemSteps(fields);
  Json result = Json::array();
  for (std::size_t index = 0; index < live.size(); ++index) {
    for (const ItemStep& step : steps) {
      if (!Selects(step, live[index], index)) continue;
      result.push_back(Project(live[index], *step.below));
      break;
    }
  }
  return result;
}

Json Project(const Json& live, const Json& fields) {
  if (!fields.is_object() || fields.empty()) return live;
  if (live.is_object()) return ProjectObject(live, fields);
  if (live.is_array()) return ProjectArray(live, fields);
  return live;
}

bool IsOurs(const Json& entry) {
  return StringAt(entry, "/manager") == kube::kFieldManager &&
         StringAt(entry, "/operation") == "Apply" && StringAt(entry, "/subresource").empty();
}

// The fieldsV1 of our Apply entry, or null.
const Json& OwnedTree(const Json& live) {
  static const Json kNone;
  const Json& entries = At(live, "/metadata/managedFields");
  if (!entries.is_array()) return kNone;
  for (const Json& entry : entries) {
    if (IsOurs(entry)) return At(entry, "/fieldsV1");
  }
  return kNone;
}

bool IsIdentity(std::string_view name) {
  return name == "name" || name == "namespace" || name == "uid" || name == "resourceVersion";
}

// Feeds a value to a hash token by token, in the order of its canonical text, which is never made:
// this runs over every object written, read, or looked at in a pass.
class FieldHasher {
 public:
  void Add(const Json& value) {
    if (value.is_object()) {
      AddObject(value, [](std::string_view /*name*/) { return true; });
    } else if (value.is_array()) {
      hash_.Add("[");
      for (const Json& item : value) Add(item);
      hash_.Add("]");
    } else if (value.is_string()) {
      hash_.Add("s").Add(value.get_ref<const std::string&>());
    } else {
      hash_.Add("v").Add(Dump(value));
    }
  }

  // Only the members that `is_meant`.
  template <typename Predicate>
  void AddObject(const Json& object, const Predicate& is_meant) {
    hash_.Add("{");
    for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
      if (!is_meant(name)) continue;
      hash_.Add("k").Add(name);
      Add(value);
    }
    hash_.Add("}");
  }

  // The members of an intent that IntentFields keeps.
  void AddIntent(const Json& intent) {
    hash_.Add("{");
    for (const auto& [name, value] : intent.get_ref<const Json::object_t&>()) {
      if (name == "apiVersion" || name == "kind") continue;
      if (name != "metadata" || !value.is_object()) {
        hash_.Add("k").Add(name);
        Add(value);
      } else if (!IsOnlyIdentity(value)) {
        hash_.Add("k").Add(name);
        AddObject(value, [](std::string_view field) { return !IsIdentity(field); });
      }
    }
    hash_.Add("}");
  }

  // Never 0.
  std::uint64_t Value() {
    const std::string digits = hash_.Hex().substr(0, 16);
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value == 0 ? 1 : value;
  }

 private:
  static bool IsOnlyIdentity(const Json& metadata) {
    return std::ranges::all_of(metadata.get_ref<const Json::object_t&>(),
                               [](const auto& member) { return IsIdentity(member.first); });
  }

  ContentHash hash_;
};

}  // namespace

Json OwnedFields(const Json& live) {
  const Json& tree = OwnedTree(live);
  if (!tree.is_object() || tree.empty()) return nullptr;
  return Project(live, tree);
}

Json IntentFields(const Json& intent) {
  Json fields = intent;
  if (!fields.is_object()) return nullptr;
  fields.erase("apiVersion");
  fields.erase("kind");
  const auto metadata = fields.find("metadata");
  if (metadata == fields.end() || !metadata->is_object()) return fields;
  for (auto member = metadata->begin(); member != metadata->end();) {
    member = IsIdentity(member.key()) ? metadata->erase(member) : std::next(member);
  }
  if (metadata->empty()) fields.erase(metadata);
  return fields;
}

std::uint64_t OwnedHash(const Json& live) {
  const Json fields = OwnedFields(live);
  if (fields.is_null()) return 0;
  FieldHasher hasher;
  hasher.Add(fields);
  return hasher.Value();
}

std::uint64_t IntentHash(const Json& intent) {
  FieldHasher hasher;
  if (intent.is_object()) {
    hasher.AddIntent(intent);
  } else {
    hasher.Add(nullptr);
  }
  return hasher.Value();
}

}  // namespace belvedere::cache

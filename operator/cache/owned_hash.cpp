#include "operator/cache/owned_hash.h"

#include <charconv>
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

std::uint64_t HashFields(const Json& fields) {
  const std::string digits = HashOf(Dump(fields)).substr(0, 16);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value == 0 ? 1 : value;
}

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
  for (const char* name : {"name", "namespace", "uid", "resourceVersion"}) metadata->erase(name);
  if (metadata->empty()) fields.erase(metadata);
  return fields;
}

std::uint64_t OwnedHash(const Json& live) {
  const Json fields = OwnedFields(live);
  return fields.is_null() ? 0 : HashFields(fields);
}

std::uint64_t IntentHash(const Json& intent) { return HashFields(IntentFields(intent)); }

}  // namespace belvedere::cache

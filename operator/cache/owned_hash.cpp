#include "operator/cache/owned_hash.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/hash.h"
#include "operator/kube/client.h"
#include "operator/kube/object_text.h"

// fieldsV1 is a tree whose member names are path steps: "f:<field>", "k:<key fields as JSON>" for
// an item of an associative list, "v:<value as JSON>" for an item of a set, "i:<index>", and "."
// for the container itself. A step without members is owned whole
// (sigs.k8s.io/structured-merge-diff, fieldpath/serialize.go).
namespace belvedere::cache {
namespace {

bool IsStep(std::string_view step, char type) {
  return step.size() >= 2 && step[0] == type && step[1] == ':';
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

template <typename Sink>
void Project(const Json& live, const Json& fields, Sink& sink);

template <typename Sink>
void ProjectObject(const Json& live, const Json& fields, Sink& sink) {
  sink.BeginObject();
  for (const auto& [step, below] : fields.items()) {
    if (!IsStep(step, 'f')) continue;
    const auto found = live.find(std::string_view(step).substr(2));
    if (found == live.end()) continue;
    sink.Name(found.key());
    Project(*found, below, sink);
  }
  sink.EndObject();
}

// Keeps the live order of the items.
template <typename Sink>
void ProjectArray(const Json& live, const Json& fields, Sink& sink) {
  const std::vector<ItemStep> steps = ItemSteps(fields);
  sink.BeginArray();
  for (std::size_t index = 0; index < live.size(); ++index) {
    const Json& item = live[index];
    const auto selects = [&](const ItemStep& step) { return Selects(step, item, index); };
    const auto step = std::ranges::find_if(steps, selects);
    if (step != steps.end()) Project(item, *step->below, sink);
  }
  sink.EndArray();
}

// Tells `sink` of what `fields` owns of `live`, in canonical order.
template <typename Sink>
void Project(const Json& live, const Json& fields, Sink& sink) {
  const bool is_whole = !fields.is_object() || fields.empty();
  if (!is_whole && live.is_object()) {
    ProjectObject(live, fields, sink);
  } else if (!is_whole && live.is_array()) {
    ProjectArray(live, fields, sink);
  } else {
    sink.Add(live);
  }
}

// A sink that makes the document.
class Builder {
 public:
  void Add(const Json& value) { Place() = value; }
  void Name(const std::string& name) { name_ = name; }
  void BeginObject() { open_.push_back(&(Place() = Json::object())); }
  void EndObject() { open_.pop_back(); }
  void BeginArray() { open_.push_back(&(Place() = Json::array())); }
  void EndArray() { open_.pop_back(); }

  Json Take() { return std::move(root_); }

 private:
  Json& Place() {
    if (open_.empty()) return root_;
    Json& parent = *open_.back();
    return parent.is_object() ? parent[name_] : parent.emplace_back();
  }

  Json root_;
  std::vector<Json*> open_;  // objects and arrays, the innermost last
  std::string name_;
};

bool IsOurs(const Json& entry) {
  return StringAt(entry, "/manager") == kube::kFieldManager &&
         StringAt(entry, "/operation") == "Apply" && StringAt(entry, "/subresource").empty();
}

// Our Apply entry, or null.
const Json& OwnedEntry(const Json& live) {
  static const Json kNone;
  const Json& entries = At(live, "/metadata/managedFields");
  if (!entries.is_array()) return kNone;
  const auto ours = std::ranges::find_if(entries, IsOurs);
  return ours == entries.end() ? kNone : *ours;
}

// The fieldsV1 of that entry; empty: it says of nothing that it is ours.
const Json& OwnedTree(const Json& live) {
  static const Json kNone = Json::object();
  const Json& tree = At(OwnedEntry(live), "/fieldsV1");
  return tree.is_object() ? tree : kNone;
}

bool IsIdentity(std::string_view name) {
  return name == "name" || name == "namespace" || name == "uid" || name == "resourceVersion";
}

// A sink that hashes token by token, in the order of the canonical text, which is never made: this
// runs over every object written, read, or looked at in a pass.
class FieldHasher {
 public:
  void Name(std::string_view name) { hash_.Add("k").Add(name); }
  void BeginObject() { hash_.Add("{"); }
  void EndObject() { hash_.Add("}"); }
  void BeginArray() { hash_.Add("["); }
  void EndArray() { hash_.Add("]"); }

  void Add(const Json& value) {
    if (value.is_object()) {
      AddObject(value, [](std::string_view /*name*/) { return true; });
    } else if (value.is_array()) {
      BeginArray();
      for (const Json& item : value) Add(item);
      EndArray();
    } else if (value.is_string()) {
      hash_.Add("s").Add(value.get_ref<const std::string&>());
    } else {
      hash_.Add("v").Add(Dump(value));
    }
  }

  // Only the members that `is_meant`.
  template <typename Predicate>
  void AddObject(const Json& object, const Predicate& is_meant) {
    BeginObject();
    for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
      if (!is_meant(name)) continue;
      Name(name);
      Add(value);
    }
    EndObject();
  }

  // The members of an intent that IntentFields keeps.
  void AddIntent(const Json& intent) {
    BeginObject();
    for (const auto& [name, value] : intent.get_ref<const Json::object_t&>()) {
      if (name == "apiVersion" || name == "kind") continue;
      if (name != "metadata" || !value.is_object()) {
        Name(name);
        Add(value);
      } else if (!IsOnlyIdentity(value)) {
        Name(name);
        AddObject(value, [](std::string_view field) { return !IsIdentity(field); });
      }
    }
    EndObject();
  }

  // Never 0.
  std::uint64_t Value() { return std::max<std::uint64_t>(hash_.Value(), 1); }

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
  if (tree.empty()) return nullptr;
  Builder builder;
  Project(live, tree, builder);
  return builder.Take();
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
  const Json& tree = OwnedTree(live);
  if (tree.empty()) return 0;
  FieldHasher hasher;
  Project(live, tree, hasher);
  return hasher.Value();
}

std::uint32_t SealOf(const Json& live) {
  return static_cast<std::uint32_t>(IntAt(OwnedEntry(live), std::string("/") + kube::kSeal));
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

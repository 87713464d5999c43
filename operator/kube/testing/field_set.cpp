#include "operator/kube/testing/field_set.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace belvedere::kube {
namespace {

enum class Items { kGranular, kAtomic };

struct ListShape {
  enum class Kind { kAtomic, kSet, kMap } kind = Kind::kAtomic;
  std::vector<std::string> keys;
  Items items = Items::kGranular;
};

const std::map<std::string, ListShape, std::less<>>& KeyedLists() {
  using Kind = ListShape::Kind;
  static const std::map<std::string, ListShape, std::less<>> shapes{
      {"conditions", {Kind::kMap, {"type"}}},
      {"containers", {Kind::kMap, {"name"}}},
      {"env", {Kind::kMap, {"name"}}},
      {"ephemeralContainers", {Kind::kMap, {"name"}}},
      {"finalizers", {Kind::kSet, {}}},
      {"hostAliases", {Kind::kMap, {"ip"}}},
      {"imagePullSecrets", {Kind::kMap, {"name"}, Items::kAtomic}},
      {"initContainers", {Kind::kMap, {"name"}}},
      {"ownerReferences", {Kind::kMap, {"uid"}, Items::kAtomic}},
      {"resourceClaims", {Kind::kMap, {"name"}}},
      {"secrets", {Kind::kMap, {"name"}, Items::kAtomic}},
      {"topologySpreadConstraints", {Kind::kMap, {"topologyKey", "whenUnsatisfiable"}}},
      {"volumeDevices", {Kind::kMap, {"devicePath"}}},
      {"volumeMounts", {Kind::kMap, {"mountPath"}}},
      {"volumes", {Kind::kMap, {"name"}}},
  };
  return shapes;
}

// Maps that are replaced as a whole: selectors and references.
bool IsAtomicMap(std::string_view field) {
  static constexpr std::array<std::string_view, 16> kFields{
      "claimRef",      "configMapKeyRef", "fieldRef",          "involvedObject",
      "labelSelector", "nodeSelector",    "namespaceSelector", "objectSelector",
      "podSelector",   "regarding",       "related",           "resourceFieldRef",
      "roleRef",       "secretKeyRef",    "selector",          "secretRef"};
  return std::find(kFields.begin(), kFields.end(), field) != kFields.end();
}

ListShape ShapeOf(std::string_view field, const Json& list) {
  if (field == "ports" && !list.empty()) {
    const char* port = list.front().contains("containerPort") ? "containerPort" : "port";
    return {ListShape::Kind::kMap, {port, "protocol"}};
  }
  const auto found = KeyedLists().find(field);
  return found == KeyedLists().end() ? ListShape{} : found->second;
}

// The step that names `item` in its list; nothing when a key is missing.
std::optional<std::string> ItemStep(const ListShape& shape, const Json& item) {
  if (shape.kind == ListShape::Kind::kSet) return "v:" + Dump(item);
  Json keys = Json::object();
  for (const std::string& key : shape.keys) {
    if (item.is_object() && item.contains(key)) {
      keys[key] = item[key];
    } else if (key == "protocol") {
      keys[key] = "TCP";
    } else {
      return std::nullopt;
    }
  }
  return "k:" + Dump(keys);
}

// An atomic list, one that lacks a key, or an empty one is a leaf.
bool IsKeyed(const ListShape& shape, const Json& list) {
  if (shape.kind == ListShape::Kind::kAtomic || list.empty()) return false;
  return std::all_of(list.begin(), list.end(),
                     [&shape](const Json& item) { return ItemStep(shape, item).has_value(); });
}

class Flattener {
 public:
  std::map<FieldPath, Json> Run(const Json& object) {
    for (const auto& [name, value] : object.items()) {
      if (name == "apiVersion" || name == "kind") continue;
      path_.push_back("f:" + name);
      if (name == "metadata") {
        VisitMetadata(value);
      } else {
        Visit(name, value);
      }
      path_.pop_back();
    }
    return std::move(leaves_);
  }

 private:
  void VisitMetadata(const Json& metadata) {
    static constexpr std::array<std::string_view, 7> kTracked{
        "annotations",       "deletionGracePeriodSeconds",
        "deletionTimestamp", "finalizers",
        "generateName",      "labels",
        "ownerReferences"};
    for (const auto& [name, value] : metadata.items()) {
      if (std::find(kTracked.begin(), kTracked.end(), name) == kTracked.end()) continue;
      Step(name, value);
    }
  }

  void Step(const std::string& name, const Json& value) {
    path_.push_back("f:" + name);
    Visit(name, value);
    path_.pop_back();
  }

  void Visit(const std::string& field, const Json& value) {
    if (value.is_object() && !value.empty() && !IsAtomicMap(field)) {
      for (const auto& [name, inner] : value.items()) Step(name, inner);
    } else if (value.is_array() && IsKeyed(ShapeOf(field, value), value)) {
      VisitItems(ShapeOf(field, value), value);
    } else {
      leaves_[path_] = value;
    }
  }

  void VisitItems(const ListShape& shape, const Json& list) {
    for (const Json& item : list) {
      path_.push_back(*ItemStep(shape, item));
      const bool leaf = shape.kind == ListShape::Kind::kSet || shape.items == Items::kAtomic;
      leaves_[path_] = leaf ? item : Json();
      if (!leaf) {
        for (const auto& [name, inner] : item.items()) Step(name, inner);
      }
      path_.pop_back();
    }
  }

  FieldPath path_;
  std::map<FieldPath, Json> leaves_;
};

Json MergeValue(std::string_view field, const Json& live, const Json& intent);

Json MergeLists(const ListShape& shape, Json live, const Json& intent) {
  for (const Json& item : intent) {
    const auto step = ItemStep(shape, item);
    const auto found = std::find_if(live.begin(), live.end(), [&](const Json& other) {
      return ItemStep(shape, other) == step;
    });
    if (found == live.end()) {
      live.push_back(item);
    } else if (shape.kind == ListShape::Kind::kMap) {
      *found = shape.items == Items::kAtomic ? item : MergeValue("", *found, item);
    }
  }
  return live;
}

Json MergeValue(std::string_view field, const Json& live, const Json& intent) {
  if (live.is_object() && intent.is_object() && !IsAtomicMap(field)) {
    Json merged = live;
    for (const auto& [name, value] : intent.items()) {
      const auto found = live.find(name);
      merged[name] = found == live.end() ? value : MergeValue(name, *found, value);
    }
    return merged;
  }
  if (live.is_array() && intent.is_array()) {
    const ListShape shape = ShapeOf(field, intent);
    if (IsKeyed(shape, intent) && IsKeyed(shape, live)) return MergeLists(shape, live, intent);
  }
  return intent;
}

// The value one step below `value`, or null where there is none. `field` is the name of `value`.
Json* Descend(Json& value, std::string_view field, const std::string& step) {
  if (step.starts_with("f:")) {
    const auto found = value.is_object() ? value.find(step.substr(2)) : value.end();
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) return nullptr;
  const ListShape shape = ShapeOf(field, value);
  for (Json& item : value) {
    if (ItemStep(shape, item) == step) return &item;
  }
  return nullptr;
}

std::string_view FieldOf(const FieldPath& path, std::size_t depth) {
  if (depth == 0 || !path[depth - 1].starts_with("f:")) return {};
  return std::string_view(path[depth - 1]).substr(2);
}

Json* Locate(Json& object, const FieldPath& path, std::size_t depth) {
  Json* value = &object;
  for (std::size_t i = 0; i < depth && value != nullptr; ++i) {
    value = Descend(*value, FieldOf(path, i), path[i]);
  }
  return value;
}

void EraseStep(Json& parent, const Json* child, const std::string& step) {
  if (parent.is_object()) {
    parent.erase(step.substr(2));
  } else {
    const auto found = std::find_if(parent.begin(), parent.end(),
                                    [child](const Json& item) { return &item == child; });
    parent.erase(found);
  }
}

}  // namespace

std::map<FieldPath, Json> Flatten(const Json& object) {
  return object.is_object() ? Flattener().Run(object) : std::map<FieldPath, Json>{};
}

Json ToFieldsV1(const FieldSet& fields) {
  Json tree = Json::object();
  std::optional<FieldPath> last;
  for (const FieldPath& path : fields) {
    Json* node = &tree;
    for (std::size_t i = 0; i < path.size(); ++i) {
      // A member with members below it is marked by "." (a prefix sorts first).
      if (last && i == last->size() && IsPrefix(*last, path)) (*node)["."] = Json::object();
      node = &(*node)[path[i]];
      if (node->is_null()) *node = Json::object();
    }
    last = path;
  }
  return tree;
}

namespace {

void CollectFields(const Json& node, FieldPath& path, FieldSet& fields) {
  if (node.empty()) {
    fields.insert(path);
    return;
  }
  for (const auto& [step, inner] : node.items()) {
    if (step == ".") {
      fields.insert(path);
      continue;
    }
    path.push_back(step);
    CollectFields(inner, path, fields);
    path.pop_back();
  }
}

}  // namespace

FieldSet FromFieldsV1(const Json& fields_v1) {
  FieldSet fields;
  FieldPath path;
  if (fields_v1.is_object() && !fields_v1.empty()) CollectFields(fields_v1, path, fields);
  return fields;
}

Json MergeFields(const Json& live, const Json& intent) { return MergeValue("", live, intent); }

bool IsPrefix(const FieldPath& prefix, const FieldPath& path) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

void RemoveField(Json& object, const FieldPath& path,
                 const std::function<bool(const FieldPath&)>& is_owned) {
  FieldPath at = path;
  Json* value = Locate(object, at, at.size());
  if (value == nullptr) return;
  while (!at.empty()) {
    Json* parent = Locate(object, at, at.size() - 1);
    EraseStep(*parent, value, at.back());
    at.pop_back();
    const bool is_fixed = at.empty() || at == FieldPath{"f:metadata"};
    if (is_fixed || !parent->empty() || is_owned(at)) return;
    value = parent;
  }
}

void DefaultListKeys(Json& object) {
  if (!object.is_structured()) return;
  for (auto& [name, value] : object.items()) {
    if (object.is_object() && name == "ports" && value.is_array()) {
      for (Json& port : value) {
        const bool is_port = port.contains("containerPort") || port.contains("port");
        if (is_port && !port.contains("protocol")) port["protocol"] = "TCP";
      }
    }
    DefaultListKeys(value);
  }
}

}  // namespace belvedere::kube

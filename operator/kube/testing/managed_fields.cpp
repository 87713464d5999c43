#include "operator/kube/testing/managed_fields.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "operator/kube/testing/field_set.h"

namespace belvedere::kube {
namespace {

using Fields = std::map<FieldPath, Json>;

struct Entry {
  std::string manager;
  std::string operation;
  std::string subresource;
  std::string api_version;
  std::string time;
  FieldSet fields;
};

std::vector<Entry> ReadEntries(const Json& object) {
  std::vector<Entry> entries;
  const Json& managed = At(object, "/metadata/managedFields");
  if (!managed.is_array()) return entries;
  for (const Json& one : managed) {
    entries.push_back({StringAt(one, "/manager"), StringAt(one, "/operation"),
                       StringAt(one, "/subresource"), StringAt(one, "/apiVersion"),
                       StringAt(one, "/time"), FromFieldsV1(At(one, "/fieldsV1"))});
  }
  return entries;
}

void WriteEntries(Json& object, const std::vector<Entry>& entries) {
  Json managed = Json::array();
  for (const Entry& entry : entries) {
    if (entry.fields.empty()) continue;
    Json one{{"manager", entry.manager},        {"operation", entry.operation},
             {"apiVersion", entry.api_version}, {"time", entry.time},
             {"fieldsType", "FieldsV1"},        {"fieldsV1", ToFieldsV1(entry.fields)}};
    if (!entry.subresource.empty()) one["subresource"] = entry.subresource;
    managed.push_back(std::move(one));
  }
  if (managed.empty()) {
    object["metadata"].erase("managedFields");
  } else {
    object["metadata"]["managedFields"] = std::move(managed);
  }
}

std::size_t EntryOf(std::vector<Entry>& entries, const Writer& writer, const char* operation,
                    const std::string& api_version) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].manager == writer.manager && entries[i].operation == operation &&
        entries[i].subresource == writer.subresource) {
      entries[i].api_version = api_version;
      return i;
    }
  }
  entries.push_back({writer.manager, operation, writer.subresource, api_version, writer.time, {}});
  return entries.size() - 1;
}

bool Owns(const Entry& entry, const FieldPath& prefix) {
  const auto found = entry.fields.lower_bound(prefix);
  return found != entry.fields.end() && IsPrefix(prefix, *found);
}

// Whether any entry but `self` owns something at or below `path`.
bool OwnedByOther(const std::vector<Entry>& entries, std::size_t self, const FieldPath& path) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i != self && Owns(entries[i], path)) return true;
  }
  return false;
}

// Fields of `before` that `after` has not, or with another value.
FieldSet Changed(const Fields& before, const Fields& after) {
  FieldSet changed;
  for (const auto& [path, value] : before) {
    const auto found = after.find(path);
    if (found == after.end() || found->second != value) changed.insert(path);
  }
  return changed;
}

void TakeFromOthers(std::vector<Entry>& entries, std::size_t self, const FieldSet& taken) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == self) continue;
    for (const FieldPath& path : taken) entries[i].fields.erase(path);
  }
}

// What our last intent had and this one has not, and nobody else holds, goes.
void Prune(Json& merged, const std::vector<Entry>& entries, std::size_t self,
           const FieldSet& wanted) {
  const FieldSet& had = entries[self].fields;
  const auto is_owned = [&](const FieldPath& path) {
    const auto found = wanted.lower_bound(path);
    return (found != wanted.end() && IsPrefix(path, *found)) || OwnedByOther(entries, self, path);
  };
  for (auto path = had.rbegin(); path != had.rend(); ++path) {  // what is below comes first
    if (!is_owned(*path)) RemoveField(merged, *path, is_owned);
  }
}

Json WithoutVolatile(Json object) {
  Json& metadata = object["metadata"];
  metadata.erase("resourceVersion");
  if (metadata.contains("managedFields")) {
    for (Json& entry : metadata["managedFields"]) entry.erase("time");
  }
  return object;
}

}  // namespace

Json ApplyFields(const Json& live, const Json& intent, const Writer& writer) {
  Json merged = live.is_null() ? intent : MergeFields(live, intent);
  std::vector<Entry> entries = ReadEntries(live);
  const std::size_t self = EntryOf(entries, writer, "Apply", StringAt(intent, "/apiVersion"));
  FieldSet wanted;
  for (const auto& [path, value] : Flatten(intent)) wanted.insert(path);

  TakeFromOthers(entries, self, Changed(Flatten(live), Flatten(merged)));
  Prune(merged, entries, self, wanted);
  if (entries[self].fields != wanted) entries[self].time = writer.time;
  entries[self].fields = std::move(wanted);
  DefaultListKeys(merged);
  WriteEntries(merged, entries);
  return merged;
}

Json TrackUpdate(const Json& before, Json after, const Writer& writer) {
  DefaultListKeys(after);
  const Fields old_fields = Flatten(before);
  const Fields new_fields = Flatten(after);
  std::vector<Entry> entries = ReadEntries(before);
  const std::size_t self = EntryOf(entries, writer, "Update", StringAt(after, "/apiVersion"));

  const FieldSet lost = Changed(old_fields, new_fields);
  const FieldSet gained = Changed(new_fields, old_fields);
  TakeFromOthers(entries, self, lost);
  for (const FieldPath& path : lost) entries[self].fields.erase(path);
  entries[self].fields.insert(gained.begin(), gained.end());
  if (!gained.empty()) entries[self].time = writer.time;
  WriteEntries(after, entries);
  return after;
}

bool SameContent(const Json& left, const Json& right) {
  return WithoutVolatile(left) == WithoutVolatile(right);
}

}  // namespace belvedere::kube

#include "operator/kube/testing/fake_storage.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

namespace belvedere::kube {
namespace {

template <std::size_t kSize>
bool IsOneOf(std::string_view text, const std::array<std::string_view, kSize>& set) {
  return std::find(set.begin(), set.end(), text) != set.end();
}

bool HasStatus(const ResourceType& type) {
  static constexpr std::array<std::string_view, 8> kWithout{
      "ConfigMap",          "Secret", "ServiceAccount", "RoleBinding",
      "ClusterRoleBinding", "Lease",  "Event",          "NetworkPolicy"};
  return !IsOneOf(type.kind(), kWithout);
}

bool HasGeneration(const ResourceType& type) {
  static constexpr std::array<std::string_view, 4> kWithout{"", "rbac.authorization.k8s.io",
                                                            "coordination.k8s.io", "events.k8s.io"};
  return type == types::kPod || !IsOneOf(type.group(), kWithout);
}

bool NeedsResourceVersion(const ResourceType& type) {
  static constexpr std::array<std::string_view, 5> kUnconditional{
      "", "apps", "networking.k8s.io", "rbac.authorization.k8s.io", "events.k8s.io"};
  return !IsOneOf(type.group(), kUnconditional);
}

// Fields that a validation of the real server keeps from changing, and that plans may hit.
std::vector<std::string> ImmutableFields(const ResourceType& type, const Json& before) {
  if (type == types::kConfigMap || type == types::kSecret) {
    if (At(before, "/immutable") != Json(true)) return {};
    return {"/immutable", "/data", "/binaryData"};
  }
  if (type == types::kRoleBinding || type == types::kClusterRoleBinding) return {"/roleRef"};
  if (type == types::kStatefulSet) {
    return {"/spec/selector", "/spec/serviceName", "/spec/podManagementPolicy",
            "/spec/volumeClaimTemplates"};
  }
  if (type == types::kDeployment || type == types::kDaemonSet) return {"/spec/selector"};
  return {};
}

std::string FieldName(const std::string& pointer) {
  std::string name = pointer.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

// The field that must not differ and does; empty: none.
std::string ForbiddenChange(const ResourceType& type, const Json& before, const Json& after) {
  for (const std::string& pointer : ImmutableFields(type, before)) {
    if (At(before, pointer) != At(after, pointer)) return FieldName(pointer);
  }
  return {};
}

Json WithoutMeta(Json object) {
  object.erase("metadata");
  object.erase("status");
  return object;
}

// The part of `object` that the endpoint may not change comes from `before`.
Json Restrict(const ResourceType& type, const Json& before, Json object, Subresource subresource) {
  if (!HasStatus(type)) return object;
  if (subresource == Subresource::kStatus) {
    Json result = before;
    result["status"] = At(object, "/status");
    return result;
  }
  object.erase("status");
  if (before.contains("status")) object["status"] = before["status"];
  return object;
}

// An apply's intent without what its endpoint ignores.
Json RestrictIntent(const ResourceType& type, Json intent, Subresource subresource) {
  if (!HasStatus(type)) return intent;
  if (subresource == Subresource::kNone) {
    intent.erase("status");
    return intent;
  }
  Json result{{"apiVersion", intent["apiVersion"]}, {"kind", intent["kind"]}};
  result["metadata"] = {{"name", At(intent, "/metadata/name")}};
  result["status"] = At(intent, "/status");
  return result;
}

void DropNulls(Json& value) {
  if (!value.is_object()) return;
  for (auto it = value.begin(); it != value.end();) {
    if (it->is_null()) {
      it = value.erase(it);
    } else {
      DropNulls(*it);
      ++it;
    }
  }
}

std::string MakeUid(std::uint64_t number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012llx",
                static_cast<unsigned long long>(number));
  return text.data();
}

ApiAnswer RefuseConflict(const ResourceRef& ref, const std::string& why) {
  ApiAnswer answer = Refuse(409, "Conflict",
                            "Operation cannot be fulfilled on " + std::string(ref.type.plural()) +
                                " \"" + ref.key.name + "\": " + why);
  answer.body["details"] = {{"name", ref.key.name}, {"kind", std::string(ref.type.plural())}};
  return answer;
}

ApiAnswer RefuseInvalid(const ResourceRef& ref, const std::string& field, const std::string& why) {
  return Refuse(
      422, "Invalid",
      std::string(ref.type.kind()) + " \"" + ref.key.name + "\" is invalid: " + field + ": " + why,
      field);
}

}  // namespace

ApiAnswer Refuse(int status, const std::string& reason, const std::string& message,
                 const std::string& field) {
  Json body{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
            {"status", "Failure"}, {"message", message}, {"reason", reason},
            {"code", status}};
  if (!field.empty()) {
    body["details"]["causes"] = Json::array({{{"reason", "FieldValueInvalid"}, {"field", field}}});
  }
  return {status, std::move(body)};
}

ApiAnswer RefuseNotFound(const ResourceRef& ref) {
  return Refuse(404, "NotFound",
                std::string(ref.type.plural()) + " \"" + ref.key.name + "\" not found");
}

const Json* FakeStorage::Find(const ResourceRef& ref) const {
  const auto& objects = Objects(ref.type);
  const auto found = objects.find(ref.key);
  return found == objects.end() ? nullptr : &found->second;
}

const std::map<ObjectKey, Json>& FakeStorage::Objects(const ResourceType& type) const {
  static const std::map<ObjectKey, Json> kNone;
  const auto found = objects_.find(type);
  return found == objects_.end() ? kNone : found->second;
}

ApiAnswer FakeStorage::Get(const ResourceRef& ref) const {
  const Json* found = Find(ref);
  return found == nullptr ? RefuseNotFound(ref) : ApiAnswer{200, *found};
}

Json FakeStorage::NewIdentity(const ResourceRef& ref, Json object) const {
  object["apiVersion"] = ref.type.ApiVersion();
  object["kind"] = std::string(ref.type.kind());
  Json& metadata = object["metadata"];
  metadata["name"] = ref.key.name;
  if (!ref.key.ns.empty()) metadata["namespace"] = ref.key.ns;
  metadata["uid"] = MakeUid(next_uid_++);
  metadata["creationTimestamp"] = FormatTime(clock_.WallNow());
  metadata.erase("deletionTimestamp");
  metadata.erase("generation");
  if (HasGeneration(ref.type)) metadata["generation"] = 1;
  return object;
}

ApiAnswer FakeStorage::Create(const ResourceRef& ref, Json object, const WriteOptions& options) {
  if (Find(ref) != nullptr) {
    return Refuse(409, "AlreadyExists",
                  std::string(ref.type.plural()) + " \"" + ref.key.name + "\" already exists");
  }
  if (!StringAt(object, "/metadata/resourceVersion").empty()) {
    return Refuse(400, "BadRequest", "resourceVersion should not be set on objects to be created");
  }
  DropNulls(object);
  if (HasStatus(ref.type)) object.erase("status");
  object = NewIdentity(ref, std::move(object));
  return Store(ref, Json(), TrackUpdate(Json(), std::move(object), options.writer), options);
}

ApiAnswer FakeStorage::Update(const ResourceRef& ref, Json object, const WriteOptions& options) {
  const Json* live = Find(ref);
  if (live == nullptr) return RefuseNotFound(ref);
  const std::string uid = UidOf(object);
  if (!uid.empty() && uid != UidOf(*live)) {
    return RefuseConflict(ref, "Precondition failed: UID in precondition: " + uid +
                                   ", UID in object meta: " + UidOf(*live));
  }
  const std::string version = StringAt(object, "/metadata/resourceVersion");
  if (version.empty() && NeedsResourceVersion(ref.type)) {
    return RefuseInvalid(ref, "metadata.resourceVersion", "must be specified for an update");
  }
  if (!version.empty() && ResourceVersionOf(object) != ResourceVersionOf(*live)) {
    return RefuseConflict(ref, "the object has been modified");
  }
  DropNulls(object);
  const Json before = *live;
  for (const char* name : {"uid", "creationTimestamp", "generation", "name", "namespace",
                           "managedFields", "deletionTimestamp"}) {
    object["metadata"].erase(name);
    if (before["metadata"].contains(name)) object["metadata"][name] = before["metadata"][name];
  }
  object = Restrict(ref.type, before, std::move(object), options.subresource);
  return Store(ref, before, TrackUpdate(before, std::move(object), options.writer), options);
}

ApiAnswer FakeStorage::MergePatch(const ResourceRef& ref, const Json& patch,
                                  const WriteOptions& options) {
  const Json* live = Find(ref);
  if (live == nullptr) return RefuseNotFound(ref);
  if (const std::string uid = UidOf(patch); !uid.empty() && uid != UidOf(*live)) {
    return RefuseInvalid(ref, "metadata.uid", "field is immutable");
  }
  Json object = *live;
  object.merge_patch(patch);
  return Update(ref, std::move(object), options);
}

ApiAnswer FakeStorage::Apply(const ResourceRef& ref, Json intent, const WriteOptions& options) {
  const Json* live = Find(ref);
  const std::string uid = UidOf(intent);
  const std::string version = StringAt(intent, "/metadata/resourceVersion");
  if (live == nullptr && options.subresource == Subresource::kStatus) return RefuseNotFound(ref);
  if (live == nullptr && !uid.empty()) {
    return RefuseConflict(ref, "uid mismatch: the provided object specified uid " + uid +
                                   ", and no existing object was found");
  }
  if (live != nullptr && !uid.empty() && uid != UidOf(*live)) {
    return RefuseInvalid(ref, "metadata.uid", "field is immutable");
  }
  if (live != nullptr && !version.empty() &&
      ResourceVersionOf(intent) != ResourceVersionOf(*live)) {
    return RefuseConflict(ref, "the object has been modified");
  }
  DropNulls(intent);
  intent = RestrictIntent(ref.type, std::move(intent), options.subresource);
  for (const char* name : {"uid", "creationTimestamp", "resourceVersion"}) {
    intent["metadata"].erase(name);
  }
  const Json before = live == nullptr ? Json() : *live;
  Json after = ApplyFields(before, intent, options.writer);
  if (live == nullptr) after = NewIdentity(ref, std::move(after));
  return Store(ref, before, std::move(after), options);
}

ApiAnswer FakeStorage::Store(const ResourceRef& ref, const Json& before, Json after,
                             const WriteOptions& options) {
  const bool created = before.is_null();
  if (!created) {
    if (SameContent(before, after)) return {200, before};
    if (const std::string field = ForbiddenChange(ref.type, before, after); !field.empty()) {
      return RefuseInvalid(ref, field, "field is immutable");
    }
    if (HasGeneration(ref.type) && WithoutMeta(before) != WithoutMeta(after)) {
      after["metadata"]["generation"] = GenerationOf(before) + 1;
    }
  }
  const bool is_dry = options.commit == Commit::kDryRun;
  const std::uint64_t version = is_dry ? version_ : version_ + 1;
  after["metadata"]["resourceVersion"] = std::to_string(version);
  if (is_dry) return {created ? 201 : 200, std::move(after)};

  version_ = version;
  objects_[ref.type][ref.key] = after;
  const bool is_finalized = !StringAt(after, "/metadata/deletionTimestamp").empty() &&
                            At(after, "/metadata/finalizers").empty();
  if (is_finalized) {
    Erase(ref);
  } else {
    history_.push_back({version, ref.type, before, after});
  }
  return {created ? 201 : 200, std::move(after)};
}

ApiAnswer FakeStorage::Delete(const ResourceRef& ref, const Preconditions& preconditions) {
  const Json* live = Find(ref);
  if (live == nullptr) return RefuseNotFound(ref);
  if (!preconditions.uid.empty() && preconditions.uid != UidOf(*live)) {
    return RefuseConflict(ref, "Precondition failed: UID in precondition: " + preconditions.uid +
                                   ", UID in object meta: " + UidOf(*live));
  }
  const std::string version = StringAt(*live, "/metadata/resourceVersion");
  if (!preconditions.resource_version.empty() && preconditions.resource_version != version) {
    return RefuseConflict(ref, "Precondition failed: ResourceVersion in precondition: " +
                                   preconditions.resource_version +
                                   ", ResourceVersion in object meta: " + version);
  }
  if (!At(*live, "/metadata/finalizers").empty()) {
    Json marked = *live;
    marked["metadata"]["deletionTimestamp"] = FormatTime(clock_.WallNow());
    return Store(ref, Json(*live), std::move(marked), {});
  }
  Json body{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Success"}};
  body["details"] = {{"name", ref.key.name}, {"uid", UidOf(*live)}};
  Erase(ref);
  return {200, std::move(body)};
}

void FakeStorage::Erase(const ResourceRef& ref) {
  auto& objects = objects_[ref.type];
  const auto found = objects.find(ref.key);
  history_.push_back({++version_, ref.type, std::move(found->second), Json()});
  objects.erase(found);
}

Json FakeStorage::Edit(const ResourceRef& ref, const Json& patch, const Writer& writer) {
  const Json* live = Find(ref);
  const Json before = live == nullptr ? Json() : *live;
  Json after = live == nullptr ? NewIdentity(ref, Json::object()) : before;
  after.merge_patch(patch);
  return Store(ref, before, TrackUpdate(before, std::move(after), writer), {}).body;
}

bool FakeStorage::IsOrphan(const Json& object) const {
  const Json& owners = At(object, "/metadata/ownerReferences");
  if (!owners.is_array() || owners.empty()) return false;
  std::set<std::string> wanted;
  for (const Json& owner : owners) wanted.insert(StringAt(owner, "/uid"));
  for (const auto& [type, objects] : objects_) {
    for (const auto& [key, other] : objects) {
      if (wanted.count(UidOf(other)) > 0) return false;
    }
  }
  return true;
}

void FakeStorage::CollectGarbage() {
  std::vector<ResourceRef> orphans;
  do {
    orphans.clear();
    for (const auto& [type, objects] : objects_) {
      for (const auto& [key, object] : objects) {
        if (StringAt(object, "/metadata/deletionTimestamp").empty() && IsOrphan(object)) {
          orphans.push_back({type, key});
        }
      }
    }
    for (const ResourceRef& ref : orphans) Delete(ref, {});
  } while (!orphans.empty());
}

void FakeStorage::Compact() {
  history_.clear();
  compacted_ = version_;
}

}  // namespace belvedere::kube

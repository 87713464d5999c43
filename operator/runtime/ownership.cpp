#include "operator/runtime/ownership.h"

#include <algorithm>
#include <string>

#include "operator/cache/owned_hash.h"

namespace belvedere::runtime {
namespace {

Json OwnerReference(const kube::ResourceType& type, const cache::Primary& owner) {
  return {{"apiVersion", type.ApiVersion()},
          {"kind", std::string(type.kind())},
          {"name", owner.key.name},
          {"uid", owner.uid},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

bool GarbageCollectorFollows(const Intent& intent, const cache::Primary& owner) {
  return intent.tie == Intent::Tie::kReference && intent.type.scope() == kube::Scope::kNamespaced &&
         StringAt(intent.object, "/metadata/namespace") == owner.key.ns;
}

// The controller ownerReference, or null.
const Json& ControllerOf(const Json& live) {
  static const Json kNone;
  const Json& owners = At(live, "/metadata/ownerReferences");
  if (!owners.is_array()) return kNone;
  for (const Json& owner : owners) {
    if (At(owner, "/controller") == Json(true)) return owner;
  }
  return kNone;
}

bool IsOfOurKinds(const Json& reference, const Caches& caches) {
  for (const Kind* kind : caches.kinds()) {
    const std::string api_version = StringAt(reference, "/apiVersion");
    const std::string group = api_version.substr(0, api_version.find('/'));
    if (kind->type().kind() == StringAt(reference, "/kind") && kind->type().group() == group) {
      return true;
    }
  }
  return false;
}

}  // namespace

Json OwnedIntent(const Kind& kind, const cache::Primary& owner, Intent intent) {
  const bool is_followed = GarbageCollectorFollows(intent, owner);
  Json object = std::move(intent.object);
  Json& metadata = object["metadata"];
  Json& labels = metadata["labels"];
  labels[cache::kManagedByLabel] = cache::kManagedByValue;
  labels[cache::kOwnerUidLabel] = owner.uid;
  labels[cache::kOwnerNamespaceLabel] = owner.key.ns;
  labels[cache::kOwnerKindLabel] = std::string(kind.type().plural());
  labels[cache::kOwnerNameLabel] = owner.key.name;
  if (is_followed) {
    metadata["ownerReferences"] = Json::array({OwnerReference(kind.type(), owner)});
  }
  return object;
}

bool IsAppliedByUs(const Json& live) { return cache::OwnedHash(live) != 0; }

Claim ClaimOf(const Json& live, const Caches& caches, const cache::Primary& owner) {
  const Json& controller = ControllerOf(live);
  if (!controller.is_null()) {
    if (StringAt(controller, "/uid") == owner.uid) return Claim::kOurs;
    return IsOfOurKinds(controller, caches) ? Claim::kDoomed : Claim::kForeign;
  }
  if (!IsAppliedByUs(live)) return Claim::kForeign;
  const std::string label = kube::LabelOf(live, cache::kOwnerUidLabel);
  return label.empty() || label == owner.uid ? Claim::kOurs : Claim::kOrphan;
}

Result<bool> IsOwnerGone(kube::Client& client, const Caches& caches, const Json& live,
                         const std::stop_token& stop) {
  const Kind* kind = caches.FindKind(kube::LabelOf(live, cache::kOwnerKindLabel));
  const std::string uid = kube::LabelOf(live, cache::kOwnerUidLabel);
  const std::string name = kube::LabelOf(live, cache::kOwnerNameLabel);
  if (kind == nullptr || uid.empty() || name.empty()) return false;
  const kube::ResourceRef ref{kind->type(),
                              {kube::LabelOf(live, cache::kOwnerNamespaceLabel), name}};
  const auto owner = client.Get(ref, stop);
  if (owner.has_value()) return kube::UidOf(*owner) != uid;
  if (owner.error().code == ErrorCode::kNotFound) return true;
  return Fail(owner.error());
}

void PutWorkloadsFirst(std::vector<std::shared_ptr<const cache::Child>>& children) {
  // clang 14 cannot compile the one of std::ranges.
  std::stable_partition(children.begin(), children.end(),
                        [](const auto& child) { return cache::HasRollout(child->ref.type); });
}

}  // namespace belvedere::runtime

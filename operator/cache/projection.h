#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "operator/base/json.h"
#include "operator/base/rare.h"
#include "operator/kube/resource.h"
#include "operator/kube/uid.h"

// What the caches keep of an object: only what is read, decoded once, immutable afterwards. The
// JSON document is dropped, which is what keeps memory flat (docs/architecture.md, "Memory").
namespace belvedere::cache {

// Labels of every child. The first is the selector of every child and pod watch.
inline constexpr const char* kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr const char* kManagedByValue = "belvedere";
inline constexpr const char* kManagedBySelector = "app.kubernetes.io/managed-by=belvedere";
// Inventory: on every child, never inside a pod template (an heir must not restart pods).
inline constexpr const char* kOwnerUidLabel = "belvedere.dev/owner-uid";
inline constexpr const char* kOwnerNamespaceLabel = "belvedere.dev/owner-namespace";
// On children and in pod templates.
inline constexpr const char* kOwnerKindLabel =
    "belvedere.dev/owner-kind";  // plural, e.g. monitoringstacks
inline constexpr const char* kOwnerNameLabel = "belvedere.dev/owner-name";
inline constexpr const char* kComponentLabel = "app.kubernetes.io/component";

// A custom resource of ours. Spec and status are kept as compact JSON text.
struct Primary {
  kube::ObjectKey key;
  std::string uid;
  std::uint64_t resource_version = 0;
  std::int64_t generation = 0;
  std::string created;  // RFC 3339; decides who is oldest (then uid)
  bool deleting = false;
  std::map<std::string, std::string> annotations;  // only belvedere.dev/*
  std::string spec;
  std::string status;  // empty: none yet
};

// Rollout numbers of a Deployment, StatefulSet or DaemonSet, in one shape.
struct Rollout {
  std::int64_t generation = 0;
  std::int64_t observed_generation = 0;
  int desired = 0;
  int updated = 0;
  int ready = 0;
  int available = 0;

  bool operator==(const Rollout&) const = default;
};

// How a child names its owner: a controller ownerReference, which the garbage collector follows, or
// the inventory labels alone, which the sweep follows.
enum class OwnedBy : std::uint8_t { kNobody, kReference, kInventory };

// What a shared workload serves, as its writer says: "<resource UID>@<generation>", separated by
// spaces. Tells the others whether theirs is in it.
inline constexpr const char* kServesAnnotation = "belvedere.dev/serves";
// Of a workload that goes on without specs that its pods refuse: which ones, and why; text.
inline constexpr const char* kRefusedAnnotation = "belvedere.dev/refused";

// An object that we made. There are more of these than of all else: their size is the operator's.
struct Child {
  kube::ResourceRef ref;
  kube::Uid uid;
  // Controller ownerReference, else the inventory label; empty: neither.
  kube::Uid owner_uid;
  OwnedBy owned_by = OwnedBy::kNobody;
  bool deleting = false;
  std::uint32_t seal = 0;  // kube::kSeal; 0: none
  std::uint64_t resource_version = 0;
  // Hash of the fields that field manager "belvedere" owns, in live values (see owned_hash.h).
  // Equal to the intent's hash exactly when there is nothing to write.
  std::uint64_t owned_hash = 0;
  Rare<Rollout> rollout;      // workloads only
  Rare<std::string> serves;   // annotation kServesAnnotation
  Rare<std::string> refused;  // annotation kRefusedAnnotation

  bool operator==(const Child&) const = default;
};

// A pod of ours.
struct Pod {
  kube::ObjectKey key;
  std::string uid;
  std::uint64_t resource_version = 0;
  kube::ObjectKey owner;   // pod namespace, label owner-name; owner_kind says of which kind
  std::string owner_kind;  // label owner-kind
  std::string component;   // label component
  std::string ip;          // empty: none yet
  bool ready = false;
  bool deleting = false;
  std::string waiting_reason;  // first waiting container's: CrashLoopBackOff, ImagePullBackOff, …
  // What it said before it crashed, else why it waits, else the scheduler's; at most 256 bytes.
  std::string waiting_message;
  std::map<std::string, std::string> annotations;  // only belvedere.dev/*
  // The workload that made it (the Deployment, not its ReplicaSet); leads to the owner's UID even
  // where the pod runs in another namespace than its owner. Empty: none.
  std::string workload_kind;
  std::string workload_name;

  bool operator==(const Pod&) const = default;
};

// A namespace, of which no more than this is read.
struct Namespace {
  kube::ObjectKey key;
  std::string uid;
  std::uint64_t resource_version = 0;
  std::map<std::string, std::string> labels;
};

// Where a store keeps them.
inline const kube::ObjectKey& KeyOf(const Primary& primary) { return primary.key; }
inline const kube::ResourceRef& KeyOf(const Child& child) { return child.ref; }
inline const kube::ObjectKey& KeyOf(const Pod& pod) { return pod.key; }
inline const kube::ObjectKey& KeyOf(const Namespace& ns) { return ns.key; }

// A resource in the spec that it has now, as in kServesAnnotation: <uid>@<generation>.
std::string Served(const Primary& primary);
// Adds it to a list of such, separated by spaces; whether it is in one; whether the child serves
// it.
void Enlist(std::string& list, const std::string& served);
bool Lists(const std::string& list, const std::string& served);
bool Serves(const Child& child, const std::string& served);

// Whether a child of that type has rollout numbers.
bool HasRollout(const kube::ResourceType& type);

// Decoding never fails: what is missing or of another type reads as empty.
Primary DecodePrimary(const Json& object);
// `before` is an earlier state of it, or null.
Child DecodeChild(const kube::ResourceType& type, const Json& object,
                  const Child* before = nullptr);
Pod DecodePod(const Json& object);
Namespace DecodeNamespace(const Json& object);

}  // namespace belvedere::cache

#include "operator/cache/projection.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "operator/cache/owned_hash.h"

namespace belvedere::cache {
namespace {

constexpr std::string_view kOurPrefix = "belvedere.dev/";
constexpr std::size_t kMessageLimit = 256;

// The texts of an object whose names begin with `prefix`.
std::map<std::string, std::string> Texts(const Json& object, const char* pointer,
                                         std::string_view prefix) {
  std::map<std::string, std::string> result;
  const Json& texts = At(object, pointer);
  if (!texts.is_object()) return result;
  for (const auto& [name, value] : texts.items()) {
    if (name.starts_with(prefix) && value.is_string()) result.emplace(name, value);
  }
  return result;
}

std::map<std::string, std::string> OurAnnotations(const Json& object) {
  return Texts(object, "/metadata/annotations", kOurPrefix);
}

bool IsDeleting(const Json& object) {
  return At(object, "/metadata/deletionTimestamp").is_string();
}

// As long as it lives, and there are thousands: without the room that it took to grow.
std::string TextOf(const Json& value) {
  std::string text = value.is_null() ? std::string() : Dump(value);
  text.shrink_to_fit();
  return text;
}

int CountAt(const Json& object, const char* pointer) {
  return static_cast<int>(IntAt(object, pointer));
}

// Deployment and StatefulSet name their counters alike; an absent spec.replicas means 1.
Rollout ReplicaRollout(const Json& object) {
  return {.desired = static_cast<int>(IntAt(object, "/spec/replicas", 1)),
          .updated = CountAt(object, "/status/updatedReplicas"),
          .ready = CountAt(object, "/status/readyReplicas"),
          .available = CountAt(object, "/status/availableReplicas")};
}

Rollout DaemonRollout(const Json& object) {
  return {.desired = CountAt(object, "/status/desiredNumberScheduled"),
          .updated = CountAt(object, "/status/updatedNumberScheduled"),
          .ready = CountAt(object, "/status/numberReady"),
          .available = CountAt(object, "/status/numberAvailable")};
}

Rare<Rollout> RolloutOf(const kube::ResourceType& type, const Json& object) {
  if (!HasRollout(type)) return std::nullopt;
  const bool is_daemon = type == kube::types::kDaemonSet;
  Rollout rollout = is_daemon ? DaemonRollout(object) : ReplicaRollout(object);
  rollout.generation = kube::GenerationOf(object);
  rollout.observed_generation = IntAt(object, "/status/observedGeneration");
  return rollout;
}

Rare<std::string> Annotation(const Json& object, const char* name) {
  std::string text = kube::AnnotationOf(object, name);
  if (text.empty()) return std::nullopt;
  return text;
}

const Json& ConditionOf(const Json& object, std::string_view type) {
  static const Json kNone;
  const Json& conditions = At(object, "/status/conditions");
  if (!conditions.is_array()) return kNone;
  for (const Json& condition : conditions) {
    if (StringAt(condition, "/type") == type) return condition;
  }
  return kNone;
}

std::string Limited(std::string text) {
  if (text.size() <= kMessageLimit) return text;
  std::size_t end = kMessageLimit;
  // Not within a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

// The last line that a program wrote before it ended, where its container hands that on.
std::string LastWords(const Json& status) {
  std::string text = StringAt(status, "/lastState/terminated/message");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

void ReadWaiting(const Json& object, Pod& pod) {
  for (const char* list : {"/status/initContainerStatuses", "/status/containerStatuses"}) {
    const Json& statuses = At(object, list);
    if (!statuses.is_array()) continue;
    for (const Json& status : statuses) {
      std::string reason = StringAt(status, "/state/waiting/reason");
      // Containers that merely wait for their turn say nothing of why.
      if (reason.empty() || reason == "PodInitializing" || reason == "ContainerCreating") continue;
      pod.waiting_reason = std::move(reason);
      pod.waiting_message = Limited(LastWords(status));
      if (pod.waiting_message.empty()) {
        pod.waiting_message = Limited(StringAt(status, "/state/waiting/message"));
      }
      return;
    }
  }
  const Json& scheduled = ConditionOf(object, "PodScheduled");
  if (StringAt(scheduled, "/status") != "False") return;
  pod.waiting_reason = StringAt(scheduled, "/reason");
  pod.waiting_message = Limited(StringAt(scheduled, "/message"));
}

void ReadWorkload(const Json& object, Pod& pod) {
  const Json& owners = At(object, "/metadata/ownerReferences");
  if (!owners.is_array()) return;
  for (const Json& owner : owners) {
    if (At(owner, "/controller") != Json(true)) continue;
    pod.workload_kind = StringAt(owner, "/kind");
    pod.workload_name = StringAt(owner, "/name");
  }
  if (pod.workload_kind != "ReplicaSet") return;
  const std::string suffix = "-" + kube::LabelOf(object, "pod-template-hash");
  if (suffix.size() == 1 || !pod.workload_name.ends_with(suffix)) return;
  pod.workload_kind = "Deployment";
  pod.workload_name.resize(pod.workload_name.size() - suffix.size());
}

}  // namespace

bool HasRollout(const kube::ResourceType& type) {
  return type == kube::types::kDeployment || type == kube::types::kStatefulSet ||
         type == kube::types::kDaemonSet;
}

std::string Served(const Primary& primary) {
  return primary.uid + "@" + std::to_string(primary.generation);
}

void Enlist(std::string& list, const std::string& served) {
  if (!list.empty()) list += ' ';
  list += served;
}

bool Lists(const std::string& list, const std::string& served) {
  if (served.empty()) return false;
  for (std::size_t at = list.find(served); at != std::string::npos;
       at = list.find(served, at + 1)) {
    const std::size_t end = at + served.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

bool Serves(const Child& child, const std::string& served) {
  return Lists(child.serves.Get(), served);
}

Primary DecodePrimary(const Json& object) {
  return {.key = kube::KeyOf(object),
          .uid = kube::UidOf(object),
          .resource_version = kube::ResourceVersionOf(object),
          .generation = kube::GenerationOf(object),
          .created = StringAt(object, "/metadata/creationTimestamp"),
          .deleting = IsDeleting(object),
          .annotations = OurAnnotations(object),
          .spec = TextOf(At(object, "/spec")),
          .status = TextOf(At(object, "/status"))};
}

Child DecodeChild(const kube::ResourceType& type, const Json& object, const Child* before) {
  const std::uint32_t seal = SealOf(object);
  const kube::Uid uid = kube::UidOf(object);
  const bool is_intact =
      before != nullptr && seal != 0 && before->seal == seal && before->uid == uid;
  Child child{.ref = {type, kube::KeyOf(object)},
              .uid = uid,
              .owner_uid = kube::ControllerUidOf(object),
              .owned_by = OwnedBy::kReference,
              .deleting = IsDeleting(object),
              .seal = seal,
              .resource_version = kube::ResourceVersionOf(object),
              .owned_hash = is_intact ? before->owned_hash : OwnedHash(object),
              .rollout = RolloutOf(type, object),
              .serves = Annotation(object, kServesAnnotation),
              .refused = Annotation(object, kRefusedAnnotation)};
  if (!child.owner_uid.empty()) return child;
  child.owner_uid = kube::LabelOf(object, kOwnerUidLabel);
  child.owned_by = child.owner_uid.empty() ? OwnedBy::kNobody : OwnedBy::kInventory;
  return child;
}

Pod DecodePod(const Json& object) {
  const kube::ObjectKey key = kube::KeyOf(object);
  Pod pod{.key = key,
          .uid = kube::UidOf(object),
          .resource_version = kube::ResourceVersionOf(object),
          .owner = {key.ns, kube::LabelOf(object, kOwnerNameLabel)},
          .owner_kind = kube::LabelOf(object, kOwnerKindLabel),
          .component = kube::LabelOf(object, kComponentLabel),
          .ip = StringAt(object, "/status/podIP"),
          .ready = StringAt(ConditionOf(object, "Ready"), "/status") == "True",
          .deleting = IsDeleting(object),
          .annotations = OurAnnotations(object)};
  ReadWaiting(object, pod);
  ReadWorkload(object, pod);
  return pod;
}

Namespace DecodeNamespace(const Json& object) {
  return {.key = kube::KeyOf(object),
          .uid = kube::UidOf(object),
          .resource_version = kube::ResourceVersionOf(object),
          .labels = Texts(object, "/metadata/labels", "")};
}

}  // namespace belvedere::cache

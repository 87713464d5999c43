#include "operator/runtime/caches.h"

#include <algorithm>
#include <set>
#include <utility>

namespace belvedere::runtime {
namespace {

using cache::Child;
using cache::Pod;
using cache::Primary;

const kube::ObjectKey& Itself(const kube::ObjectKey& key) { return key; }

// Decodes by the object alone.
template <typename T>
auto Anew(T (*decode)(const Json& object)) {
  return [decode](const Json& object, const T* /*before*/) { return decode(object); };
}

cache::Codec<kube::ObjectKey, Primary> PrimaryCodec() {
  return {Anew(cache::DecodePrimary), [](kube::ObjectKey key) { return key; }, Itself};
}

cache::Codec<kube::ObjectKey, Pod> PodCodec() {
  return {Anew(cache::DecodePod), [](kube::ObjectKey key) { return key; }, Itself};
}

cache::Codec<kube::ResourceRef, Child> ChildCodec(const kube::ResourceType& type) {
  return {[type](const Json& object, const Child* before) {
            return cache::DecodeChild(type, object, before);
          },
          [type](kube::ObjectKey key) {
            return kube::ResourceRef{type, std::move(key)};
          },
          [](const kube::ResourceRef& ref) -> const kube::ObjectKey& { return ref.key; }};
}

// Whether anything but the version differs: a change of a field that is not read concerns nobody.
template <typename T>
bool Differs(const std::shared_ptr<const T>& before, const std::shared_ptr<const T>& after) {
  if (before == nullptr || after == nullptr) return before != after;
  T same_version = *before;
  same_version.resource_version = after->resource_version;
  return !(same_version == *after);
}

std::string PodIndex(const Pod& pod) {
  return WorkloadIndex(pod.workload_kind, {pod.key.ns, pod.workload_name});
}

std::set<kube::ResourceType> ChildTypesOf(const std::vector<const Kind*>& kinds) {
  std::set<kube::ResourceType> types;
  for (const Kind* kind : kinds) {
    types.insert(kind->child_types().begin(), kind->child_types().end());
  }
  return types;
}

}  // namespace

std::string WorkloadIndex(const std::string& kind, const kube::ObjectKey& workload) {
  return kind.empty() ? std::string() : kind + "/" + kube::ToString(workload);
}

Caches::Caches(kube::Client& client, Clock& clock, Metrics& metrics, std::vector<const Kind*> kinds,
               const std::string& ns)
    : client_(client),
      clock_(clock),
      metrics_(metrics),
      kinds_(std::move(kinds)),
      children_([](const Child& child) { return child.owner_uid.str(); }),
      pods_(PodIndex) {
  for (const Kind* kind : kinds_) AddPrimaryInformer(*kind, ns);
  for (const kube::ResourceType& type : ChildTypesOf(kinds_)) AddChildInformer(type, ns);
  AddPodInformer(ns);
  const bool reads_namespaces = std::ranges::any_of(
      kinds_, [](const Kind* kind) { return kind->namespace_use() != NamespaceUse::kNone; });
  if (reads_namespaces) AddNamespaceInformer();
}

Caches::~Caches() { Stop(); }

void Caches::Listen(Listener listener) { listener_ = std::move(listener); }

void Caches::AddPrimaryInformer(const Kind& kind, const std::string& ns) {
  auto& store = primaries_[&kind];
  store = std::make_unique<PrimaryStore>([](const Primary& primary) { return primary.uid; });
  primary_informers_.push_back(std::make_unique<cache::Informer<kube::ObjectKey, Primary>>(
      client_, clock_, metrics_, cache::Subject{.type = kind.type(), .ns = ns}, *store,
      PrimaryCodec(), [this, &kind](const auto& before, const auto& after) {
        if (listener_.on_primary) listener_.on_primary(kind, before, after);
      }));
}

void Caches::AddChildInformer(const kube::ResourceType& type, const std::string& ns) {
  const std::string scope_ns = type.scope() == kube::Scope::kCluster ? "" : ns;
  child_informers_.push_back(std::make_unique<cache::Informer<kube::ResourceRef, Child>>(
      client_, clock_, metrics_,
      cache::Subject{.type = type, .ns = scope_ns, .label_selector = cache::kManagedBySelector},
      children_, ChildCodec(type), [this](const auto& before, const auto& after) {
        if (listener_.on_child && Differs(before, after)) listener_.on_child(before, after);
      }));
}

void Caches::AddPodInformer(const std::string& ns) {
  pod_informers_.push_back(std::make_unique<cache::Informer<kube::ObjectKey, Pod>>(
      client_, clock_, metrics_,
      cache::Subject{.type = kube::types::kPod,
                     .ns = ns,
                     .label_selector = cache::kManagedBySelector,
                     .projection = kube::Projection::kWithoutSpec},
      pods_, PodCodec(), [this](const auto& before, const auto& after) {
        if (listener_.on_pod && Differs(before, after)) listener_.on_pod(before, after);
      }));
}

void Caches::AddNamespaceInformer() {
  const cache::Subject subject{.type = kube::types::kNamespace,
                               .projection = kube::Projection::kMetadata};
  const cache::Codec<kube::ObjectKey, cache::Namespace> codec{
      Anew(cache::DecodeNamespace), [](kube::ObjectKey key) { return key; }, Itself};
  namespace_informer_ = std::make_unique<cache::Informer<kube::ObjectKey, cache::Namespace>>(
      client_, clock_, metrics_, subject, namespaces_, codec,
      [this](const auto& before, const auto& after) {
        if (listener_.on_namespace) listener_.on_namespace(before, after);
      });
}

void Caches::Start() {
  const auto start_one = [this](auto& informer) {
    threads_.emplace_back([&informer](std::stop_token stop) { informer.Run(std::move(stop)); });
  };
  const auto start = [&start_one](auto& informers) {
    for (auto& informer : informers) start_one(*informer);
  };
  start(primary_informers_);
  start(child_informers_);
  start(pod_informers_);
  if (namespace_informer_ != nullptr) start_one(*namespace_informer_);
}

void Caches::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool Caches::HasSynced() const { return Unsynced().empty(); }

std::string Caches::Unsynced() const {
  std::string names;
  const auto collect_one = [&names](const auto& informer) {
    if (informer.HasSynced()) return;
    if (!names.empty()) names += ", ";
    names += informer.subject().type.kind();
  };
  const auto collect = [&collect_one](const auto& informers) {
    for (const auto& informer : informers) collect_one(*informer);
  };
  collect(primary_informers_);
  collect(child_informers_);
  collect(pod_informers_);
  if (namespace_informer_ != nullptr) collect_one(*namespace_informer_);
  return names;
}

const Kind* Caches::FindKind(const std::string& plural) const {
  const auto found = std::ranges::find_if(
      kinds_, [&plural](const Kind* kind) { return kind->type().plural() == plural; });
  return found == kinds_.end() ? nullptr : *found;
}

const Kind* Caches::FindKind(const kube::ResourceType& type) const {
  const auto found =
      std::ranges::find_if(kinds_, [&type](const Kind* kind) { return kind->type() == type; });
  return found == kinds_.end() ? nullptr : *found;
}

Caches::Owner Caches::FindOwner(const std::string& uid) const {
  if (uid.empty()) return {};
  for (const Kind* kind : kinds_) {
    const auto found = primaries_.at(kind)->ByIndex(uid);
    if (!found.empty()) return {kind, found.front()};
  }
  return {};
}

Caches::Owner Caches::FindOwner(const Pod& pod) const {
  for (const kube::ResourceType& type :
       {kube::types::kStatefulSet, kube::types::kDaemonSet, kube::types::kDeployment}) {
    if (pod.workload_kind != type.kind()) continue;
    const auto workload = children_.Find({type, {pod.key.ns, pod.workload_name}});
    if (workload != nullptr) return FindOwner(workload->owner_uid.str());
  }
  return {};
}

std::vector<std::shared_ptr<const Pod>> Caches::PodsOf(
    const std::vector<std::shared_ptr<const Child>>& children) const {
  std::vector<std::shared_ptr<const Pod>> pods;
  for (const auto& child : children) {
    if (!child->rollout.has_value()) continue;
    const auto found =
        pods_.ByIndex(WorkloadIndex(std::string(child->ref.type.kind()), child->ref.key));
    pods.insert(pods.end(), found.begin(), found.end());
  }
  return pods;
}

}  // namespace belvedere::runtime

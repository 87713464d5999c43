#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/cache/informer.h"
#include "operator/cache/projection.h"
#include "operator/cache/store.h"
#include "operator/kube/client.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

using PrimaryStore = cache::Store<kube::ObjectKey, cache::Primary>;  // indexed by UID
using ChildStore = cache::Store<kube::ResourceRef, cache::Child>;    // indexed by owner UID
using NamespaceStore = cache::Store<kube::ObjectKey, cache::Namespace>;
using PodStore = cache::Store<kube::ObjectKey, cache::Pod>;  // indexed by WorkloadIndex

// What the engine hears of. Handlers run on the watching threads and must only enqueue.
struct Listener {
  std::function<void(const Kind& kind, const std::shared_ptr<const cache::Primary>& before,
                     const std::shared_ptr<const cache::Primary>& after)>
      on_primary;
  std::function<void(const std::shared_ptr<const cache::Child>& before,
                     const std::shared_ptr<const cache::Child>& after)>
      on_child;
  std::function<void(const std::shared_ptr<const cache::Pod>& before,
                     const std::shared_ptr<const cache::Pod>& after)>
      on_pod;
  std::function<void(const std::shared_ptr<const cache::Namespace>& before,
                     const std::shared_ptr<const cache::Namespace>& after)>
      on_namespace;
};

// Value of the pod store's index: the workload that made the pod.
std::string WorkloadIndex(const std::string& kind, const kube::ObjectKey& workload);

// All that is watched: the primaries of each kind, every kind of child once however many kinds of
// primary use it, and the pods. One thread each. Stays warm whether or not this replica leads.
class Caches {
 public:
  // `ns` limits everything to one namespace; empty: all. Kinds and references must outlive it.
  Caches(kube::Client& client, Clock& clock, Metrics& metrics, std::vector<const Kind*> kinds,
         const std::string& ns = {});
  ~Caches();
  Caches(const Caches&) = delete;
  Caches& operator=(const Caches&) = delete;

  // Once, before Start.
  void Listen(Listener listener);
  void Start();
  // Ends and joins the watching threads. The stores keep what they hold.
  void Stop();
  // Whether every store has had its first full list.
  bool HasSynced() const;
  // The subjects that HasSynced still waits for, for people.
  std::string Unsynced() const;

  const std::vector<const Kind*>& kinds() const { return kinds_; }
  // Null where no such kind is managed. `plural` as in the owner-kind label.
  const Kind* FindKind(const std::string& plural) const;
  const Kind* FindKind(const kube::ResourceType& type) const;
  PrimaryStore& primaries(const Kind& kind) { return *primaries_.at(&kind); }
  ChildStore& children() { return children_; }
  PodStore& pods() { return pods_; }
  // Empty unless a kind reads namespaces.
  NamespaceStore& namespaces() { return namespaces_; }

  struct Owner {
    const Kind* kind = nullptr;
    std::shared_ptr<const cache::Primary> primary;
  };
  // The primary of any kind with this UID; null members: none known.
  Owner FindOwner(const std::string& uid) const;
  // The primary whose workload made the pod.
  Owner FindOwner(const cache::Pod& pod) const;
  // The pods of the workloads among `children`.
  std::vector<std::shared_ptr<const cache::Pod>> PodsOf(
      const std::vector<std::shared_ptr<const cache::Child>>& children) const;

 private:
  void AddPrimaryInformer(const Kind& kind, const std::string& ns);
  void AddChildInformer(const kube::ResourceType& type, const std::string& ns);
  void AddPodInformer(const std::string& ns);
  void AddNamespaceInformer();

  kube::Client& client_;
  Clock& clock_;
  Metrics& metrics_;
  const std::vector<const Kind*> kinds_;
  Listener listener_;
  std::map<const Kind*, std::unique_ptr<PrimaryStore>> primaries_;
  ChildStore children_;
  PodStore pods_;
  NamespaceStore namespaces_;
  std::vector<std::unique_ptr<cache::Informer<kube::ObjectKey, cache::Primary>>> primary_informers_;
  std::vector<std::unique_ptr<cache::Informer<kube::ResourceRef, cache::Child>>> child_informers_;
  std::vector<std::unique_ptr<cache::Informer<kube::ObjectKey, cache::Pod>>> pod_informers_;
  std::unique_ptr<cache::Informer<kube::ObjectKey, cache::Namespace>> namespace_informer_;
  std::vector<std::jthread> threads_;
};

}  // namespace belvedere::runtime

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/kube/client.h"
#include "operator/runtime/agent_asker.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/events.h"
#include "operator/runtime/executor.h"
#include "operator/runtime/grace.h"
#include "operator/runtime/kind.h"
#include "operator/runtime/meter_reader.h"
#include "operator/runtime/plan_memo.h"
#include "operator/runtime/status_writer.h"
#include "operator/runtime/work_queue.h"

namespace belvedere::runtime {

struct ControllerOptions {
  int workers = 8;
};

// What the controllers of all kinds share; outlives them.
struct Engine {
  kube::Client& client;  // refuses writes while this replica does not lead
  Clock& clock;
  Metrics& metrics;
  Caches& caches;
  EventRecorder& events;
  AgentAsker& agents;
  MeterReader& meters;
  // Told when a resource went while children were being written for it: its own deletion event may
  // have come before they were there.
  std::function<void(const std::string& uid)> on_owner_gone;
  // Told of each status that was written: the watch does not bring what the store has already.
  std::function<void(const Kind& kind, const cache::Primary& primary)> on_status;
};

// Keeps the resources of one kind true: observes, plans, executes, reports. Keys come from changes
// of the resource, its children, its pods and their agents; workers return rather than wait.
class Controller {
 public:
  Controller(Engine engine, const Kind& kind, ControllerOptions options = {});

  // Runs the workers of one term, beginning with every resource; returns when `term` has stopped
  // and they have joined. The caches must have synced.
  void Run(const std::stop_token& term);

  // Nothing happens while no term runs; a term begins with every resource anyway. Thread-safe.
  void Enqueue(const kube::ObjectKey& key, Priority priority = Priority::kChange);
  void EnqueueAll(Priority priority);
  // Every resource, and nothing is taken for done.
  void Resync();
  // A child that belongs to no single resource has changed: concerns every resource if any has
  // named it as shared.
  void EnqueueSharers(const kube::ResourceRef& child, Priority priority);
  // Another resource has come, gone or changed: concerns whoever writes what they share.
  void EnqueueHolders();
  // Another resource, of a kind that this kind reads, has come, gone or changed.
  void EnqueueConcerned(const kube::ResourceType& type, const cache::Primary& other,
                        Priority priority);
  // Concerns its resources, and whoever writes what these share with others.
  void EnqueueNamespace(const std::string& name);
  // A resource is gone: drops what is remembered of it.
  void Forget(const kube::ObjectKey& key);
  // A child is gone and its owner too.
  void ForgetChild(const kube::ResourceRef& ref) { executor_.Forget(ref); }

  const Kind& kind() const { return kind_; }
  WorkQueue& queue() { return queue_; }
  // Whether a term runs.
  bool runs() const { return runs_; }

 private:
  // How a pass over one resource ended.
  enum class End { kDone, kRetry, kRetryLater, kGone };
  struct Ending {
    End end = End::kRetry;
    std::optional<Duration> not_before = {};  // kRetry: the server asked for so much time
  };

  void Work(const std::stop_token& term);
  void WorkOn(const kube::ObjectKey& key, const std::stop_token& term);
  // The plan of a resource, and what became of it.
  struct Pass {
    std::shared_ptr<const Plan> plan;
    Outcome outcome;
  };

  Ending Reconcile(const kube::ObjectKey& key, const std::stop_token& stop);
  // Makes the plan and carries it out, unless that is done already.
  Pass CarryOut(const cache::Primary& self, const World& world, const std::stop_token& stop);
  World Observe(const cache::Primary& self) const;
  Status AskForReloads(const cache::Primary& self, const Pass& pass, const World& world,
                       const std::stop_token& stop);
  Status WriteReport(const cache::Primary& self, Report report, const std::stop_token& stop);
  void Announce(const cache::Primary& self, const StatusWriter::Written& written);
  void AnnounceCorrections(const cache::Primary& self, const Outcome& outcome);
  void RememberShared(const std::vector<kube::ResourceRef>& refs);

  Engine engine_;
  const Kind& kind_;
  const ControllerOptions options_;
  PrimaryStore& primaries_;
  WorkQueue queue_;
  Executor executor_;
  PlanMemo memo_;
  StatusWriter status_;
  Grace grace_;
  std::atomic<bool> runs_{false};
  std::atomic<bool> has_planned_{false};  // since memory was last given back
  Gauge& active_workers_;
  Histogram& seconds_;
  Counter& successes_;
  Counter& retries_;
  Counter& exceptions_;
  mutable Mutex mutex_;
  std::set<kube::ResourceRef> shared_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

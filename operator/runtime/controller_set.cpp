#include "operator/runtime/controller_set.h"

#include <algorithm>
#include <random>
#include <set>
#include <thread>
#include <utility>

namespace belvedere::runtime {
namespace {

bool IsReader(const Kind& kind, const Kind& of) {
  const auto reads = kind.reads();
  return std::ranges::find(reads, of.type()) != reads.end();
}

// Whether nothing but progress of the child's own controller is new, such as a replica more.
bool IsProgress(const std::shared_ptr<const cache::Child>& before,
                const std::shared_ptr<const cache::Child>& after) {
  if (before == nullptr || after == nullptr) return before == nullptr;
  cache::Child same = *before;
  same.resource_version = after->resource_version;
  same.rollout = after->rollout;
  return same == *after;
}

// Whether at most the status is new. Mostly it is our own, heard of before the answer of its write;
// somebody else's is put right a little later.
bool IsStatus(const std::shared_ptr<const cache::Primary>& before,
              const std::shared_ptr<const cache::Primary>& after) {
  return before != nullptr && after != nullptr && before->uid == after->uid &&
         before->generation == after->generation && before->deleting == after->deleting &&
         before->annotations == after->annotations;
}

}  // namespace

ControllerSet::ControllerSet(kube::Client& reader, kube::Client& writer, Clock& clock,
                             Metrics& metrics, const std::vector<const Kind*>& kinds,
                             AgentAsker::TransportFactory connect_agent,
                             const ControllerSetOptions& options)
    : clock_(clock),
      metrics_(metrics),
      options_(options),
      caches_(reader, clock, metrics, kinds, options.watch_namespace),
      events_(writer, clock, metrics, {.instance = options.instance}),
      agents_(clock, metrics, connect_agent),
      meters_(clock, metrics, std::move(connect_agent)),
      sweeper_(
          writer, clock, metrics, caches_,
          [this](const Kind& kind, const kube::ObjectKey& heir) {
            controllers_.at(&kind)->Enqueue(heir);
          },
          options.sweep) {
  const Engine engine{.client = writer,
                      .clock = clock,
                      .metrics = metrics,
                      .caches = caches_,
                      .events = events_,
                      .agents = agents_,
                      .meters = meters_,
                      .on_owner_gone = [this](const auto& uid) { sweeper_.OnOwnerGone(uid); },
                      .on_status =
                          [this](const Kind& kind, const cache::Primary& primary) {
                            TellReaders(kind, primary, Priority::kProgress);
                          }};
  for (const Kind* kind : kinds) {
    controllers_[kind] =
        std::make_unique<Controller>(engine, *kind, ControllerOptions{.workers = options.workers});
  }
  agents_.OnChange([this](const Kind& kind, const kube::ObjectKey& key) {
    controllers_.at(&kind)->Enqueue(key);
  });
  meters_.OnChange([this](const Kind& kind) { OnReadings(kind); });
  caches_.Listen(MakeListener());
}

Listener ControllerSet::MakeListener() {
  return {.on_primary = [this](const Kind& kind, const auto& before,
                               const auto& after) { OnPrimary(kind, before, after); },
          .on_child = [this](const auto& before, const auto& after) { OnChild(before, after); },
          .on_pod = [this](const auto& before,
                           const auto& after) { OnPod(after != nullptr ? *after : *before); },
          .on_namespace = [this](const auto& before,
                                 const auto& after) { OnNamespace(before, after); }};
}

void ControllerSet::OnPrimary(const Kind& kind, const std::shared_ptr<const cache::Primary>& before,
                              const std::shared_ptr<const cache::Primary>& after) {
  Controller& controller = *controllers_.at(&kind);
  const bool is_status = IsStatus(before, after);
  const Priority priority = is_status ? Priority::kProgress : Priority::kChange;
  controller.Enqueue((after != nullptr ? after : before)->key, priority);
  if (!is_status) controller.EnqueueHolders();
  const bool is_gone = before != nullptr && (after == nullptr || after->uid != before->uid);
  if (is_gone) sweeper_.OnOwnerGone(before->uid);
  // What it has left is concerned as well as what it has joined.
  if (before != nullptr && !is_status) TellReaders(kind, *before, priority);
  if (after != nullptr) TellReaders(kind, *after, priority);
}

void ControllerSet::TellReaders(const Kind& kind, const cache::Primary& primary,
                                Priority priority) {
  for (const auto& [reader, controller] : controllers_) {
    if (IsReader(*reader, kind)) controller->EnqueueConcerned(kind.type(), primary, priority);
  }
}

void ControllerSet::OnReadings(const Kind& kind) {
  for (const auto& [other, controller] : controllers_) {
    if (other == &kind || IsReader(*other, kind)) controller->EnqueueAll(Priority::kResync);
  }
}

void ControllerSet::OnChild(const std::shared_ptr<const cache::Child>& before,
                            const std::shared_ptr<const cache::Child>& after) {
  std::set<std::string> owners;
  bool may_be_shared = false;
  for (const auto& child : {before, after}) {
    if (child == nullptr) continue;
    owners.insert(child->owner_uid.str());
    may_be_shared = may_be_shared || child->owned_by != cache::OwnedBy::kReference;
  }
  const kube::ResourceRef& ref = (after != nullptr ? after : before)->ref;
  const Priority priority = IsProgress(before, after) ? Priority::kProgress : Priority::kChange;
  bool is_owned = false;
  for (const std::string& uid : owners) {
    const Caches::Owner owner = caches_.FindOwner(uid);
    if (owner.primary == nullptr) continue;
    is_owned = true;
    controllers_.at(owner.kind)->Enqueue(owner.primary->key, priority);
  }
  for (const auto& [kind, controller] : controllers_) {
    if (may_be_shared) controller->EnqueueSharers(ref, priority);
    if (after == nullptr && !is_owned) controller->ForgetChild(ref);
  }
}

void ControllerSet::OnPod(const cache::Pod& pod) {
  const Caches::Owner owner = caches_.FindOwner(pod);
  if (owner.primary == nullptr) return;
  controllers_.at(owner.kind)->Enqueue(owner.primary->key, Priority::kProgress);
}

void ControllerSet::OnNamespace(const std::shared_ptr<const cache::Namespace>& before,
                                const std::shared_ptr<const cache::Namespace>& after) {
  const bool is_both = before != nullptr && after != nullptr;
  const bool is_same = is_both && before->uid == after->uid;
  const std::string& name = (after != nullptr ? after : before)->key.name;
  for (const auto& [kind, controller] : controllers_) {
    if (!is_same && kind->namespace_use() != NamespaceUse::kNone) {
      controller->EnqueueNamespace(name);
    }
    if (kind->namespace_use() != NamespaceUse::kLabels) continue;
    if (is_same && before->labels == after->labels) continue;
    for (const kube::ResourceType& type : kind->reads()) {
      const Kind* read = caches_.FindKind(type);
      if (read == nullptr) continue;
      for (const auto& primary : caches_.primaries(*read).All()) {
        if (primary->key.ns != name) continue;
        controller->EnqueueConcerned(type, *primary, Priority::kChange);
      }
    }
  }
}

void ControllerSet::Lead(const std::stop_token& term) {
  events_.Start();
  agents_.Start();
  meters_.Start();
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([this, term] { sweeper_.Run(term); });
    threads.emplace_back([this, term] { ResyncLoop(term); });
    for (const auto& [kind, controller] : controllers_) {
      threads.emplace_back([&controller = *controller, term] { controller.Run(term); });
    }
  }
  meters_.Stop();
  agents_.Stop();
  events_.Stop();
}

void ControllerSet::ResyncLoop(const std::stop_token& term) {
  // A tenth more or less, so that replicas do not beat together.
  std::mt19937 random(std::random_device{}());
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  while (clock_.SleepFor(std::chrono::duration_cast<Duration>(options_.resync * jitter(random)),
                         term)) {
    Resync();
  }
}

void ControllerSet::Resync() {
  for (const auto& [kind, controller] : controllers_) controller->Resync();
}

void ControllerSet::UpdateGauges() {
  for (const auto& [kind, controller] : controllers_) {
    controller->queue().UpdateMetrics();
    metrics_
        .GetGauge("belvedere_resources", "Resources known",
                  {{"kind", std::string(kind->type().kind())}})
        .Set(static_cast<double>(caches_.primaries(*kind).size()));
  }
  metrics_.GetGauge("belvedere_children", "Children known")
      .Set(static_cast<double>(caches_.children().size()));
}

bool ControllerSet::Runs() const {
  return std::ranges::all_of(controllers_, [](const auto& entry) { return entry.second->runs(); });
}

bool ControllerSet::IsIdle(Duration horizon) const {
  return sweeper_.IsIdle() && events_.IsIdle() &&
         std::ranges::all_of(controllers_, [horizon](const auto& entry) {
           return entry.second->queue().Idle(horizon);
         });
}

}  // namespace belvedere::runtime

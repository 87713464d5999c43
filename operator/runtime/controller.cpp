#include "operator/runtime/controller.h"

#include <malloc.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "operator/base/log.h"

namespace belvedere::runtime {
namespace {

// Rollouts move in many small steps: a pass may wait so long for more of them.
constexpr std::chrono::milliseconds kSettle{250};

Labels ControllerLabel(const Kind& kind) {
  return {{"controller", std::string(kind.type().plural())}};
}

Counter& ResultCounter(Metrics& metrics, const Kind& kind, const char* result) {
  return metrics.GetCounter(
      "controller_runtime_reconcile_total", "Passes over a resource, by result",
      {{"controller", std::string(kind.type().plural())}, {"result", result}});
}

// Whether the API server has understood every failed write and said no: soon is no better than now.
bool IsRefused(const Outcome& outcome) {
  const auto is_no = [](const Failure& failure) { return failure.kind != Failure::Kind::kRetry; };
  return !outcome.failures.empty() && std::ranges::all_of(outcome.failures, is_no);
}

// The longest time that the server asked for (Retry-After).
std::optional<Duration> AskedDelay(const Outcome& outcome) {
  std::optional<Duration> longest;
  for (const Failure& failure : outcome.failures) {
    if (!failure.error.retry_after.has_value()) continue;
    longest = std::max<Duration>(longest.value_or(Duration::zero()), *failure.error.retry_after);
  }
  return longest;
}

// Overtaken or vanished pods are not failures: their events bring the resource back.
bool IsHarmless(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kConflict;
}

}  // namespace

Controller::Controller(Engine engine, const Kind& kind, ControllerOptions options)
    : engine_(engine),
      kind_(kind),
      options_(options),
      primaries_(engine.caches.primaries(kind)),
      queue_(engine.clock, engine.metrics, {.name = std::string(kind.type().plural())}),
      executor_(engine.client, engine.metrics, engine.caches),
      status_(engine.client, engine.clock, engine.metrics, kind, primaries_),
      grace_(engine.clock),
      active_workers_(engine.metrics.GetGauge("controller_runtime_active_workers",
                                              "Workers at work", ControllerLabel(kind))),
      seconds_(engine.metrics.GetHistogram("controller_runtime_reconcile_time_seconds",
                                           "Time of one pass over a resource", LatencyBounds(),
                                           ControllerLabel(kind))),
      successes_(ResultCounter(engine.metrics, kind, "success")),
      retries_(ResultCounter(engine.metrics, kind, "requeue")),
      exceptions_(engine.metrics.GetCounter("controller_runtime_reconcile_errors_total",
                                            "Passes that ended in a failure",
                                            ControllerLabel(kind))) {
  engine_.metrics
      .GetGauge("controller_runtime_max_concurrent_reconciles", "Number of workers",
                ControllerLabel(kind))
      .Set(options.workers);
}

void Controller::Run(const std::stop_token& term) {
  runs_ = true;
  Resync();
  {
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(options_.workers));
    for (int i = 0; i < options_.workers; ++i) {
      workers.emplace_back([this, term] { Work(term); });
    }
  }
  runs_ = false;
}

void Controller::Enqueue(const kube::ObjectKey& key, Priority priority) {
  if (!runs_) return;
  queue_.AddAfter(key, priority == Priority::kProgress ? kSettle : Duration::zero(), priority);
}

void Controller::EnqueueAll(Priority priority) {
  for (const kube::ObjectKey& key : primaries_.Keys()) Enqueue(key, priority);
}

void Controller::Resync() {
  memo_.Clear();
  EnqueueAll(Priority::kResync);
}

void Controller::EnqueueSharers(const kube::ResourceRef& child, Priority priority) {
  {
    const MutexLock lock(mutex_);
    if (!shared_.contains(child)) return;
  }
  EnqueueAll(priority);
}

void Controller::EnqueueHolders() {
  std::set<kube::ResourceRef> shared;
  {
    const MutexLock lock(mutex_);
    shared = shared_;
  }
  for (const kube::ResourceRef& ref : shared) {
    const auto child = engine_.caches.children().Find(ref);
    const auto owners = child == nullptr ? std::vector<std::shared_ptr<const cache::Primary>>()
                                         : primaries_.ByIndex(child->owner_uid.str());
    const auto peers = primaries_.All();
    const auto holder = owners.empty() ? kind_.Heir({.ref = ref}, peers) : owners.front();
    if (holder != nullptr) Enqueue(holder->key);
  }
}

void Controller::EnqueueConcerned(const kube::ResourceType& type, const cache::Primary& other,
                                  Priority priority) {
  if (!runs_) return;
  for (const kube::ObjectKey& key : kind_.Concerned(type, other, primaries_.All())) {
    Enqueue(key, priority);
  }
}

void Controller::EnqueueNamespace(const std::string& name) {
  bool has_any = false;
  for (const kube::ObjectKey& key : primaries_.Keys()) {
    if (key.ns != name) continue;
    Enqueue(key);
    has_any = true;
  }
  if (has_any) EnqueueHolders();
}

void Controller::RememberShared(const std::vector<kube::ResourceRef>& refs) {
  const MutexLock lock(mutex_);
  shared_.insert(refs.begin(), refs.end());
}

void Controller::Forget(const kube::ObjectKey& key) {
  queue_.Forget(key);
  status_.Forget(key);
  grace_.Forget(key);
  memo_.Erase(key);
  engine_.agents.Want(kind_, key, {});
  engine_.meters.Want(kind_, key, {});
}

void Controller::Work(const std::stop_token& term) {
  while (const auto key = queue_.Get(term)) {
    active_workers_.Add(1);
    const SteadyTime began = engine_.clock.Now();
    WorkOn(*key, term);
    seconds_.Observe(std::chrono::duration<double>(engine_.clock.Now() - began).count());
    active_workers_.Add(-1);
    queue_.Done(*key);
    // What was rendered and written is the high-water mark of the heap: give it back.
    if (queue_.Idle(Duration::zero()) && has_planned_.exchange(false)) malloc_trim(0);
  }
}

void Controller::WorkOn(const kube::ObjectKey& key, const std::stop_token& term) {
  Ending ending;
  try {
    ending = Reconcile(key, term);
  } catch (const std::exception& failure) {
    exceptions_.Add();
    log::Error("pass failed", {{"kind", std::string(kind_.type().kind())},
                               {"key", kube::ToString(key)},
                               {"error", failure.what()}});
  }
  switch (ending.end) {
    case End::kDone:
      successes_.Add();
      queue_.Forget(key);
      break;
    case End::kRetry:
      retries_.Add();
      if (ending.not_before.has_value()) {
        queue_.AddAfter(key, *ending.not_before);
      } else {
        queue_.AddBackoff(key);
      }
      break;
    case End::kRetryLater:
      retries_.Add();
      queue_.AddBackoff(key, Pace::kPatient);
      break;
    case End::kGone:
      Forget(key);
      break;
  }
}

World Controller::Observe(const cache::Primary& self) const {
  Caches& caches = engine_.caches;
  World world;
  world.peers = primaries_.All();
  world.children = caches.children().ByIndex(self.uid);
  for (const kube::ResourceRef& ref : kind_.Shared(self)) {
    if (auto child = caches.children().Find(ref)) world.shared.push_back(std::move(child));
  }
  world.pods = caches.PodsOf(world.children);
  world.agents = engine_.agents.Answers(world.pods);
  world.readings = engine_.meters.Readings(world.pods);
  auto others = world.shared;
  std::erase_if(others, [&](const auto& child) { return child->owner_uid == self.uid; });
  std::ranges::move(engine_.meters.Readings(caches.PodsOf(others)),
                    std::back_inserter(world.readings));
  for (const kube::ResourceType& type : kind_.reads()) {
    const Kind* read = caches.FindKind(type);
    if (read != nullptr) world.others[type] = caches.primaries(*read).All();
  }
  if (kind_.namespace_use() != NamespaceUse::kNone) {
    world.namespaces = Namespaces(caches.namespaces().All());
  }
  return world;
}

Controller::Pass Controller::CarryOut(const cache::Primary& self, const World& world,
                                      const std::stop_token& stop) {
  PlanMemo::Basis basis{.uid = self.uid,
                        .inputs = std::hash<std::string>{}(kind_.PlanInputs(self, world)),
                        .children = StateOf(world.children)};
  if (auto plan = memo_.Find(self.key, basis)) return {.plan = std::move(plan), .outcome = {}};
  Plan plan = kind_.MakePlan(self, world);
  has_planned_ = true;
  Outcome outcome = executor_.Execute(kind_, self, plan, stop);
  const bool is_done = plan.management == Management::kManaged && !stop.stop_requested() &&
                       !plan.refused.has_value() && outcome.failures.empty() &&
                       outcome.pending == 0 && outcome.deleted == 0;
  plan.components.shrink_to_fit();
  auto kept = std::make_shared<const Plan>(std::move(plan));
  basis.children = outcome.accepted;
  if (is_done) {
    memo_.Put(self.key, basis, kept);
  } else {
    memo_.Erase(self.key);
  }
  return {.plan = std::move(kept), .outcome = std::move(outcome)};
}

Controller::Ending Controller::Reconcile(const kube::ObjectKey& key, const std::stop_token& stop) {
  const auto self = primaries_.Find(key);
  // Children of a resource that goes are the garbage collector's and the sweep's.
  if (self == nullptr || self->deleting) return {.end = End::kGone};
  RememberShared(kind_.Shared(*self));
  World world = Observe(*self);
  const Pass pass = CarryOut(*self, world, stop);
  if (stop.stop_requested()) return {};
  if (const auto now = primaries_.Find(key); now == nullptr || now->uid != self->uid) {
    engine_.on_owner_gone(self->uid);
    return {.end = now == nullptr ? End::kGone : End::kRetry};
  }
  const Outcome& outcome = pass.outcome;
  AnnounceCorrections(*self, outcome);
  if (outcome.applied > 0 || outcome.deleted > 0) world = Observe(*self);
  const Status reloads = AskForReloads(*self, pass, world, stop);
  // One that is refused runs on, and is read on.
  if (!pass.plan->refused) engine_.meters.Want(kind_, key, MeterTargets(*pass.plan, world));
  const Status written =
      WriteReport(*self, kind_.MakeReport(*self, world, *pass.plan, outcome), stop);
  for (const Failure& failure : outcome.failures) {
    log::Info("write failed", {{"resource", kube::ToString(key)},
                               {"child", kube::ToString(failure.ref)},
                               {"code", std::string(ToString(failure.error.code))},
                               {"error", failure.error.message}});
  }
  const bool is_owing = outcome.pending > 0 && pass.plan->management == Management::kManaged;
  const bool has_failed = !outcome.failures.empty() || !reloads.has_value() || !written.has_value();
  if (has_failed) exceptions_.Add();
  if (IsRefused(outcome) && reloads.has_value() && written.has_value()) {
    return {.end = End::kRetryLater};
  }
  if (!has_failed && !is_owing) return {.end = End::kDone};
  return {.end = End::kRetry, .not_before = AskedDelay(outcome)};
}

Status Controller::AskForReloads(const cache::Primary& self, const Pass& pass, const World& world,
                                 const std::stop_token& stop) {
  if (pass.plan->refused.has_value()) return {};
  const std::vector<ReloadTarget> targets = ReloadTargets(*pass.plan, world);
  if (pass.plan->management == Management::kPaused) {
    const Asking asking = pass.outcome.pending > 0 ? Asking::kSteadily : Asking::kUntilLoaded;
    engine_.agents.Want(kind_, self.key, targets, asking);
    return {};
  }
  Status result;
  for (const ReloadTarget& target : targets) {
    if (!NeedsWord(target, world)) continue;
    auto answer = engine_.client.MergePatch({kube::types::kPod, target.pod}, WordOf(target), stop);
    if (answer.has_value()) {
      engine_.caches.pods().Put(cache::DecodePod(*answer));
    } else if (!IsHarmless(answer.error())) {
      result = Fail(std::move(answer).error());
    }
  }
  engine_.agents.Want(kind_, self.key, targets);
  return result;
}

Status Controller::WriteReport(const cache::Primary& self, Report report,
                               const std::stop_token& stop) {
  std::vector<Condition> previous;
  if (const auto status = ParseJson(self.status)) previous = ConditionsFrom(*status);
  Grace::Shown shown =
      grace_.Soften(self.key, self.generation, std::move(report.verdict), previous);
  auto written = status_.Write(self, shown.verdict, std::move(report.fields), stop);
  const auto now = primaries_.Find(self.key);
  if (now != nullptr && now->status != self.status) engine_.on_status(kind_, *now);
  if (shown.revisit.has_value()) queue_.AddAfter(self.key, *shown.revisit, Priority::kProgress);
  if (!written.has_value()) {
    // Deleted meanwhile: nothing is left to tell.
    if (written.error().code == ErrorCode::kNotFound) return {};
    log::Info("status not written",
              {{"resource", kube::ToString(self.key)}, {"error", written.error().message}});
    return Fail(std::move(written).error());
  }
  if (written->retry_after.has_value()) {
    queue_.AddAfter(self.key, *written->retry_after, Priority::kProgress);
  } else {
    Announce(self, *written);
  }
  return {};
}

// Events tell transitions and nothing else.
void Controller::Announce(const cache::Primary& self, const StatusWriter::Written& written) {
  const auto turned = [&written](std::string_view type, Truth truth) -> const Condition* {
    const Condition* before = FindCondition(written.before, type);
    const Condition* after = FindCondition(written.after, type);
    const bool was = before != nullptr && before->status == truth;
    return after != nullptr && after->status == truth && !was ? after : nullptr;
  };
  const auto record = [this, &self](const Condition* condition, EventType type,
                                    const char* action) {
    if (condition == nullptr) return;
    engine_.events.Record({.regarding = {kind_.type(), self.key},
                           .uid = self.uid,
                           .type = type,
                           .reason = condition->cause.reason,
                           .action = action,
                           .note = condition->cause.message});
  };
  record(turned("Ready", Truth::kTrue), EventType::kNormal, "Reconcile");
  record(turned("Reconciling", Truth::kTrue), EventType::kNormal, "Reconcile");
  record(turned("Stalled", Truth::kTrue), EventType::kWarning, "Reconcile");
  // At first nothing serves, which is no news.
  const Condition* before = FindCondition(written.before, "Available");
  if (before != nullptr && before->status == Truth::kTrue) {
    record(turned("Available", Truth::kFalse), EventType::kWarning, "Observe");
  }
}

void Controller::AnnounceCorrections(const cache::Primary& self, const Outcome& outcome) {
  for (const kube::ResourceRef& ref : outcome.corrected) {
    engine_.events.Record({.regarding = {kind_.type(), self.key},
                           .uid = self.uid,
                           .type = EventType::kNormal,
                           .reason = "DriftCorrected",
                           .action = "Apply",
                           .note = kube::ToString(ref) + " had been changed and was put right"});
  }
}

}  // namespace belvedere::runtime

#include "operator/runtime/sweep.h"

#include <algorithm>
#include <utility>

#include "operator/base/log.h"
#include "operator/runtime/ownership.h"

namespace belvedere::runtime {
namespace {

constexpr std::chrono::seconds kRetry{30};

}  // namespace

Sweeper::Sweeper(kube::Client& client, Clock& clock, Metrics& metrics, Caches& caches,
                 EnqueueHeir enqueue, Duration interval)
    : client_(client),
      clock_(clock),
      caches_(caches),
      enqueue_(std::move(enqueue)),
      interval_(interval),
      swept_(metrics.GetCounter("belvedere_sweep_children_total", "Children of owners gone",
                                {{"result", "deleted"}})),
      inherited_(metrics.GetCounter("belvedere_sweep_children_total", "Children of owners gone",
                                    {{"result", "inherited"}})) {}

void Sweeper::OnOwnerGone(const std::string& uid) {
  if (!runs_) return;
  const MutexLock lock(mutex_);
  gone_.insert(uid);
  changed_.notify_one();
}

bool Sweeper::IsIdle() const {
  const MutexLock lock(mutex_);
  return !runs_ || (gone_.empty() && !is_sweeping_);
}

void Sweeper::Run(const std::stop_token& term) {
  runs_ = true;
  SteadyTime next_full = clock_.Now();
  while (!term.stop_requested()) {
    if (clock_.Now() >= next_full) {
      const bool is_settled = SweepAll(term) == Verdict::kSettled;
      next_full = clock_.Now() + (is_settled ? interval_ : std::min<Duration>(interval_, kRetry));
    }
    std::set<std::string> owners;
    {
      MutexLock lock(mutex_);
      is_sweeping_ = false;
      clock_.Wait(lock, changed_, next_full, term,
                  [this]() REQUIRES(mutex_) { return !gone_.empty(); });
      is_sweeping_ = true;
      owners = std::exchange(gone_, {});
    }
    for (const std::string& uid : owners) {
      if (SweepOwner(uid, term) == Verdict::kSettled) continue;
      next_full = std::min(next_full, clock_.Now() + kRetry);
    }
  }
  runs_ = false;
}

Sweeper::Verdict Sweeper::SweepAll(const std::stop_token& stop) {
  std::set<std::string> owners;
  for (const auto& child : caches_.children().All()) {
    if (child->owned_by != cache::OwnedBy::kInventory) continue;
    std::string uid = child->owner_uid.str();
    if (caches_.FindOwner(uid).primary == nullptr) owners.insert(std::move(uid));
  }
  Verdict verdict = Verdict::kSettled;
  for (const std::string& uid : owners) {
    if (SweepOwner(uid, stop) == Verdict::kRetry) verdict = Verdict::kRetry;
  }
  return verdict;
}

Sweeper::Verdict Sweeper::SweepOwner(const std::string& uid, const std::stop_token& stop) {
  Verdict verdict = Verdict::kSettled;
  auto children = caches_.children().ByIndex(uid);
  PutWorkloadsFirst(children);
  for (const auto& child : children) {
    if (stop.stop_requested()) return Verdict::kRetry;
    if (child->owned_by != cache::OwnedBy::kInventory || child->deleting) continue;
    if (SweepChild(*child, stop) == Verdict::kRetry) verdict = Verdict::kRetry;
  }
  return verdict;
}

Sweeper::Verdict Sweeper::SweepChild(const cache::Child& child, const std::stop_token& stop) {
  const auto live = client_.Get(child.ref, stop);
  if (!live.has_value()) {
    return live.error().code == ErrorCode::kNotFound ? Verdict::kSettled : Verdict::kRetry;
  }
  // Only what we applied, and what still names that owner and no other.
  const bool is_orphan = IsAppliedByUs(*live) && kube::ControllerUidOf(*live).empty() &&
                         kube::LabelOf(*live, cache::kOwnerUidLabel) == child.owner_uid;
  if (!is_orphan) return Verdict::kSettled;
  const auto is_gone = IsOwnerGone(client_, caches_, *live, stop);
  if (!is_gone.has_value()) return Verdict::kRetry;
  if (!*is_gone || HandToHeir(child, *live)) return Verdict::kSettled;
  return DeleteChild(child.ref, *live, stop);
}

bool Sweeper::HandToHeir(const cache::Child& child, const Json& live) {
  const Kind* kind = caches_.FindKind(kube::LabelOf(live, cache::kOwnerKindLabel));
  if (kind == nullptr) return false;
  auto peers = caches_.primaries(*kind).All();
  std::erase_if(
      peers, [&child](const auto& peer) { return peer->deleting || peer->uid == child.owner_uid; });
  const auto heir = kind->Heir(child, peers);
  if (heir == nullptr) return false;
  inherited_.Add();
  enqueue_(*kind, heir->key);
  return true;
}

Sweeper::Verdict Sweeper::DeleteChild(const kube::ResourceRef& ref, const Json& live,
                                      const std::stop_token& stop) {
  const Status status = client_.Delete(
      ref,
      {.uid = kube::UidOf(live), .resource_version = StringAt(live, "/metadata/resourceVersion")},
      stop);
  if (status.has_value()) {
    swept_.Add();
    log::Info("swept", {{"child", kube::ToString(ref)}});
    return Verdict::kSettled;
  }
  return status.error().code == ErrorCode::kNotFound ? Verdict::kSettled : Verdict::kRetry;
}

}  // namespace belvedere::runtime

#include "operator/runtime/plan_memo.h"

#include <functional>
#include <string_view>
#include <utility>

namespace belvedere::runtime {
namespace {

// The finalizer of SplitMix64: each bit of the sum depends on each bit of every part.
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t Mix(const kube::Uid& uid) { return Mix(std::hash<std::string_view>{}(uid.bytes())); }

}  // namespace

std::uint64_t StateOf(const cache::Child& child) {
  std::uint64_t state = Mix(child.uid);
  state = Mix(state ^ child.owned_hash);
  state = Mix(state ^ Mix(child.owner_uid));
  return child.deleting ? ~state : state;
}

std::uint64_t StateOf(std::span<const std::shared_ptr<const cache::Child>> children) {
  std::uint64_t sum = 0;
  for (const auto& child : children) sum += StateOf(*child);
  return sum;
}

std::shared_ptr<const Plan> PlanMemo::Find(const kube::ObjectKey& key, const Basis& basis) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.basis == basis ? found->second.plan : nullptr;
}

void PlanMemo::Put(const kube::ObjectKey& key, const Basis& basis,
                   std::shared_ptr<const Plan> plan) {
  const MutexLock lock(mutex_);
  entries_[key] = {.basis = basis, .plan = std::move(plan)};
}

void PlanMemo::Erase(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  entries_.erase(key);
}

void PlanMemo::Clear() {
  const MutexLock lock(mutex_);
  entries_.clear();
}

}  // namespace belvedere::runtime

#pragma once

#include <functional>
#include <memory>
#include <span>

#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// Whose a workload is that many resources of one kind share (DESIGN 6). A resource asks for it when
// its spec is valid, wants it, and is not paused. The oldest that asks makes it; whoever has it
// keeps it, also when it asks no more, as long as anybody asks: so it never goes and comes back.
// When the holder is gone, the oldest that asks takes over.
namespace belvedere::operands {

using Peers = std::span<const std::shared_ptr<const cache::Primary>>;

enum class Asking { kNo, kPaused, kYes };

struct SharedWorkload {
  kube::ResourceRef ref;
  std::function<Asking(const cache::Primary& primary)> asking;
};

// The oldest that asks, or null. `self` counts in the version given, whether `peers` holds it or
// not; null: there is no self.
const cache::Primary* OldestAsking(const SharedWorkload& workload, const cache::Primary* self,
                                   Peers peers);

// Who has to write the workload now, or null. It may not ask for it itself.
const cache::Primary* HolderOf(const SharedWorkload& workload, const cache::Primary& self,
                               const runtime::World& world);

// Whose settings the workload takes when `self` writes it; null: `self` does not write it.
const cache::Primary* SettingsOf(const SharedWorkload& workload, const cache::Primary& self,
                                 const runtime::World& world);

// The child `ref` as `world` shows it, own or shared; or null.
const cache::Child* FindChild(const runtime::World& world, const kube::ResourceRef& ref);

}  // namespace belvedere::operands

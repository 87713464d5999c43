#pragma once

#include <memory>
#include <span>

#include "controllers/operands/operand.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// Whose the cluster's singletons are (DESIGN 6). A stack asks for a singleton when its spec is
// valid, wants it, and is not paused. The oldest that asks makes it; whoever has it keeps it, also
// when it asks no more, as long as anybody asks: so it never goes and comes back. When the holder
// is gone, the oldest that asks takes over.
namespace belvedere::monitoringstack {

using Peers = std::span<const std::shared_ptr<const cache::Primary>>;

// The oldest stack that asks for `operand`, or null. `self` counts in the version given, whether
// `peers` holds it or not; null: there is no self.
const cache::Primary* OldestAsking(const operands::Operand& operand, const cache::Primary* self,
                                   Peers peers);

// The stack that has to write `operand` now, or null. It may not ask for it itself.
const cache::Primary* HolderOf(const operands::Operand& operand, const cache::Primary& self,
                               const runtime::World& world);

// The stack whose settings `operand` takes when `self` writes it; null: `self` does not write it.
const cache::Primary* SettingsOf(const operands::Operand& operand, const cache::Primary& self,
                                 const runtime::World& world);

// The child `ref` as `world` shows it, own or shared; or null.
const cache::Child* FindChild(const runtime::World& world, const kube::ResourceRef& ref);

operands::StackRef StackOf(const cache::Primary& primary);

}  // namespace belvedere::monitoringstack

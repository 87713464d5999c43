#include "controllers/monitoringstack/singletons.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "controllers/monitoringstack/spec.h"

namespace belvedere::monitoringstack {
namespace {

using cache::Primary;
using operands::Operand;

bool Younger(const Primary* left, const Primary* right) {
  return std::tie(left->created, left->uid) > std::tie(right->created, right->uid);
}

enum class Asking { kNo, kPaused, kYes };

Asking AskingOf(const Primary& primary, const Operand& operand) {
  const Result<Json> json = ParseJson(primary.spec);
  if (!json) return Asking::kNo;
  const Result<Spec> spec = ParseSpec(*json);
  if (!spec || operand.demand(*spec) == operands::Demand::kUnwanted) return Asking::kNo;
  return spec->management == ManagementState::kManaged ? Asking::kYes : Asking::kPaused;
}

std::vector<const Primary*> Living(const Primary* self, Peers peers) {
  std::vector<const Primary*> living;
  living.reserve(peers.size() + 1);
  for (const auto& peer : peers) {
    const bool other = self == nullptr || peer->uid != self->uid;
    if (other && !peer->deleting) living.push_back(peer.get());
  }
  if (self != nullptr && !self->deleting) living.push_back(self);
  return living;
}

}  // namespace

const Primary* OldestAsking(const Operand& operand, const Primary* self, Peers peers) {
  std::vector<const Primary*> heap = Living(self, peers);
  // A heap, because mostly the first one asks and the order of the rest is nobody's concern.
  std::ranges::make_heap(heap, Younger);
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, Younger);
    if (AskingOf(*heap.back(), operand) == Asking::kYes) return heap.back();
    heap.pop_back();
  }
  return nullptr;
}

const Primary* HolderOf(const Operand& operand, const Primary& self, const runtime::World& world) {
  const cache::Child* workload = FindChild(world, operand.workload(StackOf(self)));
  if (workload != nullptr && !workload->owner_uid.empty()) {
    if (workload->owner_uid == self.uid && !self.deleting) return &self;
    for (const auto& peer : world.peers) {
      if (peer->uid == workload->owner_uid && !peer->deleting) return peer.get();
    }
  }
  return OldestAsking(operand, &self, world.peers);
}

const Primary* SettingsOf(const Operand& operand, const Primary& self,
                          const runtime::World& world) {
  const Primary* holder = HolderOf(operand, self, world);
  if (holder == nullptr || holder->uid != self.uid) return nullptr;
  const Primary* asking = OldestAsking(operand, &self, world.peers);
  if (asking != nullptr) return asking;
  // While it is paused, the holder asks for nothing and yet must keep what it has.
  return AskingOf(self, operand) == Asking::kPaused ? &self : nullptr;
}

const cache::Child* FindChild(const runtime::World& world, const kube::ResourceRef& ref) {
  for (const auto* list : {&world.children, &world.shared}) {
    for (const auto& child : *list) {
      if (child->ref == ref) return child.get();
    }
  }
  return nullptr;
}

operands::StackRef StackOf(const Primary& primary) {
  return {.ns = primary.key.ns, .name = primary.key.name};
}

}  // namespace belvedere::monitoringstack

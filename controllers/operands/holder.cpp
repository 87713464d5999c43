#include "controllers/operands/holder.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace belvedere::operands {
namespace {

using cache::Primary;

bool Younger(const Primary* left, const Primary* right) {
  return std::tie(left->created, left->uid) > std::tie(right->created, right->uid);
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

const Primary* OldestAsking(const SharedWorkload& workload, const Primary* self, Peers peers) {
  std::vector<const Primary*> heap = Living(self, peers);
  // A heap, because mostly the first one asks and the order of the rest is nobody's concern.
  std::ranges::make_heap(heap, Younger);
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, Younger);
    if (workload.asking(*heap.back()) == Asking::kYes) return heap.back();
    heap.pop_back();
  }
  return nullptr;
}

const Primary* HolderOf(const SharedWorkload& workload, const Primary& self,
                        const runtime::World& world) {
  const cache::Child* child = FindChild(world, workload.ref);
  if (child != nullptr && !child->owner_uid.empty()) {
    if (child->owner_uid == self.uid && !self.deleting) return &self;
    for (const auto& peer : world.peers) {
      if (peer->uid == child->owner_uid && !peer->deleting) return peer.get();
    }
  }
  return OldestAsking(workload, &self, world.peers);
}

const Primary* SettingsOf(const SharedWorkload& workload, const Primary& self,
                          const runtime::World& world) {
  const Primary* holder = HolderOf(workload, self, world);
  if (holder == nullptr || holder->uid != self.uid) return nullptr;
  const Primary* asking = OldestAsking(workload, &self, world.peers);
  if (asking != nullptr) return asking;
  // While it is paused, the holder asks for nothing and yet must keep what it has.
  return workload.asking(self) == Asking::kPaused ? &self : nullptr;
}

const cache::Child* FindChild(const runtime::World& world, const kube::ResourceRef& ref) {
  for (const auto* list : {&world.children, &world.shared}) {
    for (const auto& child : *list) {
      if (child->ref == ref) return child.get();
    }
  }
  return nullptr;
}

}  // namespace belvedere::operands

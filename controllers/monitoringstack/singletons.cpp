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

bool Asks(const Primary& primary, const Operand& operand) {
  const Result<Json> json = ParseJson(primary.spec);
  if (!json) return false;
  const Result<Spec> spec = ParseSpec(*json);
  return spec && spec->management == ManagementState::kManaged &&
         operand.demand(*spec) == operands::Demand::kWanted;
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
    if (Asks(*heap.back(), operand)) return heap.back();
    heap.pop_back();
  }
  return nullptr;
}

const Primary* HolderOf(const Operand& operand, const Primary& self, const runtime::World& world) {
  const cache::Child* workload = FindChild(world, operand.workload(StackOf(self)));
  if (workload != nullptr && !workload->owner_uid.empty()) {
    for (const Primary* candidate : Living(&self, world.peers)) {
      if (candidate->uid == workload->owner_uid) return candidate;
    }
  }
  return OldestAsking(operand, &self, world.peers);
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

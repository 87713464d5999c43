#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "operator/base/mutex.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

// The state of children that a plan wants or leaves, as one number: it changes with each change
// that may call for a write, and with no other (a replica more, somebody's status). The sum of its
// children's, in any order.
std::uint64_t StateOf(const cache::Child& child);
std::uint64_t StateOf(std::span<const std::shared_ptr<const cache::Child>> children);

// Plans that are carried out, and whose objects are gone, by resource. While neither what such a
// plan was made of nor what it wrote has changed, a pass over the resource has only to report: of
// the many passes of a rollout, one renders. Thread-safe.
class PlanMemo {
 public:
  // What a plan holds for.
  struct Basis {
    kube::Uid uid;
    std::size_t inputs = 0;      // hash of Kind::PlanInputs
    std::uint64_t children = 0;  // StateOf() them

    bool operator==(const Basis&) const = default;
  };

  // Null: the plan must be made and carried out.
  std::shared_ptr<const Plan> Find(const kube::ObjectKey& key, const Basis& basis) const;
  void Put(const kube::ObjectKey& key, const Basis& basis, std::shared_ptr<const Plan> plan);
  void Erase(const kube::ObjectKey& key);
  void Clear();

 private:
  struct Entry {
    Basis basis;
    std::shared_ptr<const Plan> plan;
  };

  mutable Mutex mutex_;
  std::map<kube::ObjectKey, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

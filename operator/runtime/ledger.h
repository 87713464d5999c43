#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "operator/base/mutex.h"
#include "operator/kube/resource.h"

namespace belvedere::runtime {

// What this process has written, by child, in 24 bytes each: to tell drift from a changed intent,
// and to stop after one write where the server does not keep an intent as it was written.
// Thread-safe.
class Ledger {
 public:
  struct Entry {
    std::uint64_t intent_hash = 0;  // of the last intent seen in place or written
    std::uint64_t live_hash = 0;    // what the server made of it
  };

  Entry Find(const kube::ResourceRef& ref) const {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(IdOf(ref));
    return found == entries_.end() ? Entry{} : found->second;
  }
  void Put(const kube::ResourceRef& ref, Entry entry) {
    const MutexLock lock(mutex_);
    entries_[IdOf(ref)] = entry;
  }
  void Erase(const kube::ResourceRef& ref) {
    const MutexLock lock(mutex_);
    entries_.erase(IdOf(ref));
  }

 private:
  // Two refs of one id would at worst make one needless write or one late repair.
  static std::size_t IdOf(const kube::ResourceRef& ref) {
    return std::hash<std::string>{}(std::string(ref.type.plural) + "." +
                                    std::string(ref.type.group) + "/" + kube::ToString(ref.key));
  }

  mutable Mutex mutex_;
  std::unordered_map<std::size_t, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

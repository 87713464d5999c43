#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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
    const std::size_t id = IdOf(ref);
    const MutexLock lock(mutex_);
    const auto place = PlaceOf(id);
    return IsAt(place, id) ? place->entry : Entry{};
  }
  void Put(const kube::ResourceRef& ref, Entry entry) {
    const std::size_t id = IdOf(ref);
    const MutexLock lock(mutex_);
    const auto place = PlaceOf(id);
    if (IsAt(place, id)) {
      lines_[static_cast<std::size_t>(place - lines_.begin())].entry = entry;
    } else {
      lines_.insert(place, {.id = id, .entry = entry});
    }
  }
  void Erase(const kube::ResourceRef& ref) {
    const std::size_t id = IdOf(ref);
    const MutexLock lock(mutex_);
    const auto place = PlaceOf(id);
    if (IsAt(place, id)) lines_.erase(place);
  }

 private:
  struct Line {
    std::size_t id = 0;
    Entry entry;
  };
  // Where the line of `id` is, or would be; and whether it is there.
  using Place = std::vector<Line>::const_iterator;
  Place PlaceOf(std::size_t id) const REQUIRES(mutex_) {
    const auto is_before = [](const Line& line, std::size_t other) { return line.id < other; };
    return std::lower_bound(lines_.begin(), lines_.end(), id, is_before);
  }
  bool IsAt(Place place, std::size_t id) const REQUIRES(mutex_) {
    return place != lines_.end() && place->id == id;
  }

  // Two refs of one id would at worst make one needless write or one late repair.
  static std::size_t IdOf(const kube::ResourceRef& ref) {
    return std::hash<std::string>{}(std::string(ref.type.plural()) + "." +
                                    std::string(ref.type.group()) + "/" + kube::ToString(ref.key));
  }

  mutable Mutex mutex_;
  // In order of ids. Moving them for one more costs less than a table's nodes.
  std::vector<Line> lines_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

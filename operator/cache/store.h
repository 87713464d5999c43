#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "operator/base/mutex.h"

namespace belvedere::cache {

// Immutable items by key, newest resourceVersion wins: a watch event older than the answer of our
// own write changes nothing, so a reader always sees its own writes. Thread-safe. Items are handed
// out as shared, immutable pointers.
//
// T has `resource_version`. Key is ordered. An index maps an item to one string; items whose value
// is empty are not in it.
template <typename Key, typename T>
class Store {
 public:
  using Item = std::shared_ptr<const T>;
  using Index = std::function<std::string(const T& item)>;

  // What a Put did. `after` is null when a newer item, or a newer removal, was there already.
  struct Change {
    Item before;
    Item after;
  };

  Store() = default;
  explicit Store(Index index) : index_(std::move(index)) {}

  // Stores `item` unless a newer one is there, or the key was removed at a newer version: the
  // answer of our own write may come after the watch event of somebody's delete.
  Change Put(const Key& key, T item) {
    auto next = std::make_shared<const T>(std::move(item));
    const MutexLock lock(mutex_);
    if (const auto grave = graves_.find(key); grave != graves_.end()) {
      if (grave->second >= next->resource_version) return {nullptr, nullptr};
    }
    const auto found = items_.find(key);
    if (found != items_.end() && found->second->resource_version >= next->resource_version) {
      return {found->second, nullptr};
    }
    Item before = found == items_.end() ? nullptr : found->second;
    if (before != nullptr) Unindex(key, *before);
    const auto place = items_.insert_or_assign(key, next).first;
    if (index_) {
      if (const std::string value = index_(*next); !value.empty()) {
        by_index_[value].insert(&place->first);
      }
    }
    return {std::move(before), std::move(next)};
  }

  // As Put. Returns the one it replaced (null: none) and whether it was stored.
  std::pair<Item, bool> Offer(const Key& key, T item) {
    Change change = Put(key, std::move(item));
    const bool stored = change.after != nullptr;
    return {std::move(change.before), stored};
  }

  // Removes the item unless it is newer than `resource_version`. Returns what was removed.
  Item Remove(const Key& key, std::uint64_t resource_version) {
    const MutexLock lock(mutex_);
    Bury(key, resource_version);
    const auto found = items_.find(key);
    if (found == items_.end() || found->second->resource_version > resource_version) return nullptr;
    return Erase(found);
  }

  // Removes every item whose key `is_gone`, unless it is newer than `resource_version`. The
  // predicate is called with the store locked.
  std::vector<Item> RemoveIf(const std::function<bool(const Key& key)>& is_gone,
                             std::uint64_t resource_version) {
    const MutexLock lock(mutex_);
    std::vector<Item> gone;
    for (auto place = items_.begin(); place != items_.end();) {
      const auto current = place++;
      if (current->second->resource_version > resource_version || !is_gone(current->first)) {
        continue;
      }
      Bury(current->first, resource_version);
      gone.push_back(Erase(current));
    }
    return gone;
  }

  Item Find(const Key& key) const {
    const MutexLock lock(mutex_);
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : found->second;
  }

  // 0: not stored.
  std::uint64_t VersionOf(const Key& key) const {
    const MutexLock lock(mutex_);
    const auto found = items_.find(key);
    return found == items_.end() ? 0 : found->second->resource_version;
  }

  std::vector<Item> ByIndex(const std::string& value) const {
    const MutexLock lock(mutex_);
    std::vector<Item> result;
    const auto found = by_index_.find(value);
    if (found == by_index_.end()) return result;
    result.reserve(found->second.size());
    for (const Key* key : found->second) result.push_back(items_.at(*key));
    return result;
  }

  std::vector<Item> All() const {
    const MutexLock lock(mutex_);
    std::vector<Item> result;
    result.reserve(items_.size());
    for (const auto& [key, item] : items_) result.push_back(item);
    return result;
  }

  std::vector<Key> Keys() const {
    const MutexLock lock(mutex_);
    std::vector<Key> result;
    result.reserve(items_.size());
    for (const auto& [key, item] : items_) result.push_back(key);
    return result;
  }

  std::size_t size() const {
    const MutexLock lock(mutex_);
    return items_.size();
  }

 private:
  static constexpr std::size_t kMaxGraves = 512;

  struct ByKey {
    bool operator()(const Key* left, const Key* right) const { return *left < *right; }
  };
  using Items = std::map<Key, Item>;

  Item Erase(typename Items::iterator place) REQUIRES(mutex_) {
    Item gone = place->second;
    Unindex(place->first, *gone);
    items_.erase(place);
    return gone;
  }

  void Bury(const Key& key, std::uint64_t resource_version) REQUIRES(mutex_) {
    const auto [grave, is_new] = graves_.try_emplace(key, resource_version);
    if (!is_new) {
      grave->second = std::max(grave->second, resource_version);
      return;
    }
    grave_order_.push_back(key);
    if (grave_order_.size() <= kMaxGraves) return;
    graves_.erase(grave_order_.front());
    grave_order_.pop_front();
  }

  void Unindex(const Key& key, const T& item) REQUIRES(mutex_) {
    if (!index_) return;
    const auto found = by_index_.find(index_(item));
    if (found == by_index_.end()) return;
    found->second.erase(&key);
    if (found->second.empty()) by_index_.erase(found);
  }

  const Index index_;
  mutable Mutex mutex_;
  Items items_ GUARDED_BY(mutex_);
  // Points at the keys of items_, whose nodes never move.
  std::unordered_map<std::string, std::set<const Key*, ByKey>> by_index_ GUARDED_BY(mutex_);
  // Versions of the latest removals, oldest first in grave_order_.
  std::map<Key, std::uint64_t> graves_ GUARDED_BY(mutex_);
  std::deque<Key> grave_order_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::cache

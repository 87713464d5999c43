#pragma once

#include <cstdint>
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

  Store() = default;
  explicit Store(Index index) : index_(std::move(index)) {}

  // Stores `item` unless a newer one is there. Returns the one it replaced (null: none) and whether
  // it was stored.
  std::pair<Item, bool> Offer(const Key& key, T item) {
    auto next = std::make_shared<const T>(std::move(item));
    const MutexLock lock(mutex_);
    const auto found = items_.find(key);
    if (found != items_.end() && found->second->resource_version >= next->resource_version) {
      return {found->second, false};
    }
    Item before = found == items_.end() ? nullptr : found->second;
    if (before != nullptr) Unindex(key, *before);
    if (index_) {
      if (const std::string value = index_(*next); !value.empty()) by_index_[value].insert(key);
    }
    items_.insert_or_assign(key, std::move(next));
    return {std::move(before), true};
  }

  // Removes the item unless it is newer than `resource_version`. Returns what was removed.
  Item Remove(const Key& key, std::uint64_t resource_version) {
    const MutexLock lock(mutex_);
    const auto found = items_.find(key);
    if (found == items_.end() || found->second->resource_version > resource_version) return nullptr;
    Item gone = found->second;
    Unindex(key, *gone);
    items_.erase(found);
    return gone;
  }

  Item Find(const Key& key) const {
    const MutexLock lock(mutex_);
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : found->second;
  }

  std::vector<Item> ByIndex(const std::string& value) const {
    const MutexLock lock(mutex_);
    std::vector<Item> result;
    const auto found = by_index_.find(value);
    if (found == by_index_.end()) return result;
    for (const Key& key : found->second) result.push_back(items_.at(key));
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
  void Unindex(const Key& key, const T& item) REQUIRES(mutex_) {
    if (!index_) return;
    const auto found = by_index_.find(index_(item));
    if (found == by_index_.end()) return;
    found->second.erase(key);
    if (found->second.empty()) by_index_.erase(found);
  }

  const Index index_;
  mutable Mutex mutex_;
  std::map<Key, Item> items_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::set<Key>> by_index_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::cache

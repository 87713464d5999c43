#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"

namespace belvedere::cache {

// Immutable items by key, newest resourceVersion wins: a watch event older than the answer of our
// own write changes nothing, so a reader always sees its own writes. Thread-safe. Items are handed
// out as shared, immutable pointers.
//
// T has `resource_version`, and KeyOf(item) is its key, which is ordered. An index maps an item to
// one string; items whose value is empty are not in it.
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

  // A write of an item that is under way: its answer will be put, or this ends without. Must not
  // outlive the store.
  class Expectation {
   public:
    Expectation(Store& store, Key key) : store_(store), key_(std::move(key)) {
      const MutexLock lock(store_.mutex_);
      store_.expected_.push_back(&key_);
    }
    ~Expectation() {
      const MutexLock lock(store_.mutex_);
      std::erase(store_.expected_, &key_);
      store_.Wake(key_);
    }
    Expectation(const Expectation&) = delete;
    Expectation& operator=(const Expectation&) = delete;

   private:
    Store& store_;
    const Key key_;
  };

  Store() = default;
  explicit Store(Index index) : index_(std::move(index)) {}

  // Stores `item` unless a newer one is there, or its key was removed at a newer version: the
  // answer of our own write may come after the watch event of somebody's delete.
  Change Put(T item) {
    const auto next = std::make_shared<const T>(std::move(item));
    const Key& key = KeyOf(*next);
    const MutexLock lock(mutex_);
    Wake(key);
    if (const auto grave = graves_.find(key); grave != graves_.end()) {
      if (grave->second >= next->resource_version) return {nullptr, nullptr};
    }
    const auto place = PlaceOf(key);
    if (!IsAt(place, key)) {
      items_.insert(place, next);
      Reindex(nullptr, next);
      return {nullptr, next};
    }
    Item before = *place;
    if (before->resource_version >= next->resource_version) return {std::move(before), nullptr};
    items_[static_cast<std::size_t>(place - items_.begin())] = next;
    Reindex(before, next);
    return {std::move(before), next};
  }

  // As Put. Returns the one it replaced (null: none) and whether it was stored.
  std::pair<Item, bool> Offer(T item) {
    Change change = Put(std::move(item));
    const bool stored = change.after != nullptr;
    return {std::move(change.before), stored};
  }

  // Removes the item unless it is newer than `resource_version`. Returns what was removed.
  Item Remove(const Key& key, std::uint64_t resource_version) {
    const MutexLock lock(mutex_);
    Bury(key, resource_version);
    const auto place = PlaceOf(key);
    if (!IsAt(place, key) || (*place)->resource_version > resource_version) return nullptr;
    Item gone = *place;
    items_.erase(place);
    Reindex(gone, nullptr);
    return gone;
  }

  // Removes every item whose key `is_gone`, unless it is newer than `resource_version`. The
  // predicate is called with the store locked.
  std::vector<Item> RemoveIf(const std::function<bool(const Key& key)>& is_gone,
                             std::uint64_t resource_version) {
    const MutexLock lock(mutex_);
    std::vector<Item> gone;
    for (const Item& item : items_) {
      if (item->resource_version <= resource_version && is_gone(KeyOf(*item))) gone.push_back(item);
    }
    for (const Item& item : gone) {
      Bury(KeyOf(*item), resource_version);
      Reindex(item, nullptr);
    }
    std::erase_if(items_, [&gone](const Item& item) {
      return std::ranges::binary_search(gone, item, ByKey());
    });
    return gone;
  }

  Item Find(const Key& key) const {
    const MutexLock lock(mutex_);
    return FindLocked(key);
  }

  [[nodiscard]] Expectation Expect(Key key) { return Expectation(*this, std::move(key)); }

  // As Find. Of an item that is expected and older than `resource_version`, waits a moment for the
  // answer, which comes with the event of that version, and often after it.
  Item FindSettled(const Key& key, std::uint64_t resource_version, Clock& clock) const {
    MutexLock lock(mutex_);
    Item found;
    const auto is_settled = [&]() REQUIRES(mutex_) {
      found = FindLocked(key);
      return (found != nullptr && found->resource_version >= resource_version) || !IsExpected(key);
    };
    if (is_settled()) return found;
    Waiter waiter{.key = key};
    waiters_.push_back(&waiter);
    clock.Wait(lock, waiter.changed, clock.Now() + kPatience, {}, is_settled);
    std::erase(waiters_, &waiter);
    return found;
  }

  // In order of keys.
  std::vector<Item> ByIndex(const std::string& value) const {
    const std::size_t hash = std::hash<std::string>{}(value);
    std::vector<Item> found;
    const MutexLock lock(mutex_);
    auto place = std::ranges::lower_bound(by_index_, hash, {}, &Indexed::hash);
    for (; place != by_index_.end() && place->hash == hash; ++place) {
      if (index_(*place->item) == value) found.push_back(place->item);
    }
    return found;
  }

  std::vector<Item> All() const {
    const MutexLock lock(mutex_);
    return items_;
  }

  std::vector<Key> Keys() const {
    const MutexLock lock(mutex_);
    std::vector<Key> result;
    result.reserve(items_.size());
    for (const Item& item : items_) result.push_back(KeyOf(*item));
    return result;
  }

  std::size_t size() const {
    const MutexLock lock(mutex_);
    return items_.size();
  }

 private:
  static constexpr std::size_t kMaxGraves = 512;
  static constexpr std::chrono::milliseconds kPatience{100};

  struct ByKey {
    bool operator()(const Item& left, const Item& right) const {
      return KeyOf(*left) < KeyOf(*right);
    }
    bool operator()(const Item& left, const Key& right) const { return KeyOf(*left) < right; }
  };

  // Where the item of `key` is, or would be; and whether it is there.
  using Place = typename std::vector<Item>::const_iterator;
  Place PlaceOf(const Key& key) const REQUIRES(mutex_) {
    return std::lower_bound(items_.begin(), items_.end(), key, ByKey());
  }
  bool IsAt(Place place, const Key& key) const REQUIRES(mutex_) {
    return place != items_.end() && KeyOf(**place) == key;
  }

  Item FindLocked(const Key& key) const REQUIRES(mutex_) {
    const auto place = PlaceOf(key);
    return IsAt(place, key) ? *place : nullptr;
  }
  bool IsExpected(const Key& key) const REQUIRES(mutex_) {
    return std::ranges::any_of(expected_, [&key](const Key* one) { return *one == key; });
  }

  // Of an item that is expected: whoever waits has a condition of its own, since each store has
  // several readers and many writers.
  struct Waiter {
    const Key& key;
    std::condition_variable_any changed = {};
  };
  void Wake(const Key& key) const REQUIRES(mutex_) {
    for (Waiter* waiter : waiters_) {
      if (waiter->key == key) waiter->changed.notify_all();
    }
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

  struct Indexed {
    std::size_t hash = 0;  // of the value
    Item item;
  };
  struct ByHashThenKey {
    bool operator()(const Indexed& left, const Indexed& right) const {
      return left.hash != right.hash ? left.hash < right.hash : ByKey()(left.item, right.item);
    }
  };

  // What the index holds of an item; nothing of none, and of one whose value is empty.
  std::optional<Indexed> IndexedOf(const Item& item) const {
    if (!index_ || item == nullptr) return std::nullopt;
    const std::string value = index_(*item);
    if (value.empty()) return std::nullopt;
    return Indexed{std::hash<std::string>{}(value), item};
  }

  // Puts `after` in the place of `before`, of the same key; each may be null.
  void Reindex(const Item& before, const Item& after) REQUIRES(mutex_) {
    const std::optional<Indexed> old = IndexedOf(before);
    const std::optional<Indexed> now = IndexedOf(after);
    const auto place_of = [this](const Indexed& entry) REQUIRES(mutex_) {
      return std::ranges::lower_bound(by_index_, entry, ByHashThenKey());
    };
    if (old && now && old->hash == now->hash) {
      *place_of(*old) = *now;
      return;
    }
    if (old) by_index_.erase(place_of(*old));
    if (now) by_index_.insert(place_of(*now), *now);
  }

  const Index index_;
  mutable Mutex mutex_;
  std::vector<const Key*> expected_ GUARDED_BY(mutex_);
  mutable std::vector<Waiter*> waiters_ GUARDED_BY(mutex_);
  // In order of keys. Moving them for one more costs less than the nodes of a tree, and one array
  // leaves no holes between what stays.
  std::vector<Item> items_ GUARDED_BY(mutex_);
  // In order of hashes, then keys.
  std::vector<Indexed> by_index_ GUARDED_BY(mutex_);
  // Versions of the latest removals, oldest first in grave_order_.
  std::map<Key, std::uint64_t> graves_ GUARDED_BY(mutex_);
  std::deque<Key> grave_order_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::cache

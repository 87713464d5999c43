#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/cache/projection.h"

namespace belvedere::runtime {

// Namespaces by name, as one array in order of names: that is what their store gives away, so that
// a pass over one of many resources need not look up those of all others.
class Namespaces {
 public:
  using Item = std::shared_ptr<const cache::Namespace>;

  Namespaces() = default;
  // `items` are in order of names, each once.
  explicit Namespaces(std::vector<Item> items) : items_(std::move(items)) {}

  // Null: not known. Lives as long as this is not changed.
  const cache::Namespace* Find(std::string_view name) const {
    const auto place = PlaceOf(name);
    return IsAt(place, name) ? place->get() : nullptr;
  }

  // Adds it, or replaces the one of its name.
  void Put(cache::Namespace ns) {
    const auto next = std::make_shared<const cache::Namespace>(std::move(ns));
    const auto place = PlaceOf(next->key.name);
    if (IsAt(place, next->key.name)) {
      items_[static_cast<std::size_t>(place - items_.begin())] = next;
    } else {
      items_.insert(place, next);
    }
  }

 private:
  using Place = std::vector<Item>::const_iterator;
  Place PlaceOf(std::string_view name) const {
    const auto is_before = [](const Item& item, std::string_view other) {
      return item->key.name < other;
    };
    return std::lower_bound(items_.begin(), items_.end(), name, is_before);
  }
  bool IsAt(Place place, std::string_view name) const {
    return place != items_.end() && (*place)->key.name == name;
  }

  std::vector<Item> items_;
};

}  // namespace belvedere::runtime

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
    const auto place = std::ranges::lower_bound(items_, name, {}, NameOf);
    return place != items_.end() && NameOf(*place) == name ? place->get() : nullptr;
  }

  // Adds it, or replaces the one of its name.
  void Put(cache::Namespace ns) {
    auto next = std::make_shared<const cache::Namespace>(std::move(ns));
    const auto place = std::ranges::lower_bound(items_, NameOf(next), {}, NameOf);
    if (place != items_.end() && NameOf(*place) == NameOf(next)) {
      *place = std::move(next);
    } else {
      items_.insert(place, std::move(next));
    }
  }

 private:
  static std::string_view NameOf(const Item& item) { return item->key.name; }

  std::vector<Item> items_;
};

}  // namespace belvedere::runtime

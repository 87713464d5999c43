#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "operator/base/mutex.h"

namespace belvedere {

// Results of a pure function by a key that says all of its arguments. When there are too many, all
// are forgotten. Thread-safe; two threads that ask at once may both compute.
template <typename Value>
class Memo {
 public:
  explicit Memo(std::size_t most) : most_(most) {}

  // What `make()` makes of `key`.
  template <typename Make>
  std::shared_ptr<const Value> Get(const std::string& key, const Make& make) const {
    {
      const MutexLock lock(mutex_);
      const auto found = values_.find(key);
      if (found != values_.end()) return found->second;
    }
    auto value = std::make_shared<const Value>(make());
    const MutexLock lock(mutex_);
    if (values_.size() >= most_) values_.clear();
    return values_.try_emplace(key, std::move(value)).first->second;
  }

 private:
  const std::size_t most_;
  mutable Mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Value>> values_ GUARDED_BY(mutex_);
};

}  // namespace belvedere

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/kube/resource.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

// What an entry that is loaded is at.
struct Activity {
  enum class State { kQuiet, kFiring, kNoData } state = State::kQuiet;
  std::string alert;  // and what it tells; empty: none
};

// What the pods of Prometheus said last of the alerts of one policy. Views into the readings.
class Activities {
 public:
  Activities(const kube::ObjectKey& policy, std::span<const runtime::Reading> readings);

  // An alert that waits to fire counts for data that are gone, and for nothing else.
  Activity Of(const std::string& entry) const;

 private:
  std::vector<std::string_view> series_;
};

}  // namespace belvedere::alertpolicy

#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/kube/resource.h"
#include "operator/runtime/kind.h"

namespace belvedere::alertpolicy {

// What an entry that is loaded is at.
struct Activity {
  enum class State { kQuiet, kFiring, kMuted, kNoData } state = State::kQuiet;
  std::string alert;  // and what it tells; empty: none
};

// What the pods of Prometheus said last of the alerts of one policy. Views into the readings.
class Activities {
 public:
  Activities(const kube::ObjectKey& policy, std::span<const runtime::Reading> readings);

  // An alert that waits to fire counts for data that are gone, and for nothing else. Muted is an
  // entry of which a silence covers all that fires.
  Activity Of(const std::string& entry) const;
  // The edges of the buckets of its histogram, where none is the one that it needs.
  std::set<double> OtherEdgesOf(const std::string& entry) const;

 private:
  struct Series {
    std::string_view text;  // name{label="value",…}
    double count = 0;
  };
  // The silence that covers as many alerts of this name as fire; empty: none does.
  std::string SilenceOf(const std::string& entry, std::string_view alert) const;

  std::vector<Series> alerts_;
  std::vector<Series> silenced_;
  std::vector<Series> edges_;
};

}  // namespace belvedere::alertpolicy

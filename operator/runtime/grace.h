#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"
#include "operator/kube/resource.h"
#include "operator/runtime/conditions.h"

namespace belvedere::runtime {

// For its first minutes a denial or a missing reference counts as work under way and not as
// Stalled: GitOps may bring the permission, the quota or the Secret after the resource. Retries go
// on either way. Thread-safe.
class Grace {
 public:
  explicit Grace(Clock& clock, Duration period = std::chrono::minutes(5))
      : clock_(clock), period_(period) {}

  // The verdict as it should be shown, and when it would change by itself. `previous` are the
  // conditions shown last: what was Stalled for the same reason stays so, also after a restart.
  struct Shown {
    Verdict verdict;
    std::optional<Duration> revisit;
  };
  Shown Soften(const kube::ObjectKey& key, Verdict verdict, const std::vector<Condition>& previous);
  void Forget(const kube::ObjectKey& key);

 private:
  struct Since {
    std::string reason;
    SteadyTime when;
  };

  Clock& clock_;
  const Duration period_;
  Mutex mutex_;
  std::map<kube::ObjectKey, Since> since_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

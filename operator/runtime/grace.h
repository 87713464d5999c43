#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"
#include "operator/kube/resource.h"
#include "operator/runtime/conditions.h"

namespace belvedere::runtime {

// Decides when waiting turns into Stalled, which asks a human. A denial or a missing reference
// counts as work under way for five minutes: GitOps may bring the permission, the quota or the
// Secret after the resource. A rollout of which nothing has moved for fifteen minutes is
// RolloutTimedOut. Retries go on either way. Thread-safe.
class Grace {
 public:
  explicit Grace(Clock& clock) : clock_(clock) {}

  // The verdict as it should be shown, and when it would change by itself. `previous` are the
  // conditions shown last: what was Stalled for the same reason stays so, also after a restart.
  struct Shown {
    Verdict verdict;
    std::optional<Duration> revisit;
  };
  Shown Soften(const kube::ObjectKey& key, std::int64_t generation, Verdict verdict,
               const std::vector<Condition>& previous);
  void Forget(const kube::ObjectKey& key);

 private:
  struct Since {
    std::size_t wait = 0;  // hash of what is waited for
    SteadyTime when;
  };

  // How long `wait` of `key` has lasted; another one begins anew. `before`: how long at least if
  // this process knows none.
  Duration Lasted(const kube::ObjectKey& key, std::size_t wait, Duration before);

  Clock& clock_;
  Mutex mutex_;
  std::map<kube::ObjectKey, Since> since_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

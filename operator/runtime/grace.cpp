#include "operator/runtime/grace.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace belvedere::runtime {
namespace {

constexpr std::array<std::string_view, 4> kForgivable = {"AdmissionDenied", "QuotaExceeded",
                                                         "Forbidden", "ReferenceNotFound"};

bool IsForgivable(const std::optional<Cause>& stalled) {
  return stalled.has_value() &&
         std::ranges::find(kForgivable, stalled->reason) != kForgivable.end();
}

// What may become Stalled: the cause then, how long it takes, and what shows that it moves.
struct Limit {
  Cause stalled;
  Duration period;
  std::string state;
};

std::optional<Limit> LimitOf(const Verdict& verdict) {
  using std::chrono::minutes;
  if (IsForgivable(verdict.stalled)) return Limit{*verdict.stalled, minutes(5), ""};
  const std::optional<Cause>& progress = verdict.progressing;
  if (verdict.stalled || !progress || progress->reason != "RolloutInProgress") return std::nullopt;
  return Limit{{"RolloutTimedOut",
                progress->message + "; nothing has moved for 15 minutes: look at the pods' events"},
               minutes(15),
               progress->message};
}

bool WasStalledBy(const std::vector<Condition>& previous, std::int64_t generation,
                  const std::string& reason) {
  const Condition* stalled = FindCondition(previous, "Stalled");
  return stalled != nullptr && stalled->status == Truth::kTrue && stalled->cause.reason == reason &&
         stalled->observed_generation == generation;
}

}  // namespace

Grace::Shown Grace::Soften(const kube::ObjectKey& key, std::int64_t generation, Verdict verdict,
                           const std::vector<Condition>& previous) {
  const std::optional<Limit> limit = LimitOf(verdict);
  if (!limit) {
    Forget(key);
    return {std::move(verdict), std::nullopt};
  }
  const std::string& reason = limit->stalled.reason;
  const std::size_t wait =
      std::hash<std::string>{}(reason + ' ' + std::to_string(generation) + ' ' + limit->state);
  const bool was_stalled = WasStalledBy(previous, generation, reason);
  const Duration lasted = Lasted(key, wait, was_stalled ? limit->period : Duration::zero());
  if (lasted >= limit->period) {
    verdict.progressing.reset();
    verdict.stalled = limit->stalled;
    return {std::move(verdict), std::nullopt};
  }
  if (verdict.stalled) verdict.progressing = std::exchange(verdict.stalled, std::nullopt);
  return {std::move(verdict), limit->period - lasted};
}

Duration Grace::Lasted(const kube::ObjectKey& key, std::size_t wait, Duration before) {
  const MutexLock lock(mutex_);
  const auto [found, is_new] = since_.try_emplace(key, Since{wait, clock_.Now() - before});
  if (!is_new && found->second.wait != wait) found->second = {wait, clock_.Now()};
  return clock_.Now() - found->second.when;
}

void Grace::Forget(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  since_.erase(key);
}

}  // namespace belvedere::runtime

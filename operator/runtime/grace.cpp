#include "operator/runtime/grace.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace belvedere::runtime {
namespace {

constexpr std::array<std::string_view, 4> kForgivable = {"AdmissionDenied", "QuotaExceeded",
                                                         "Forbidden", "ReferenceNotFound"};

bool IsForgivable(const std::optional<Cause>& stalled) {
  return stalled.has_value() &&
         std::ranges::find(kForgivable, stalled->reason) != kForgivable.end();
}

bool WasStalledBy(const std::vector<Condition>& previous, const std::string& reason) {
  const Condition* stalled = FindCondition(previous, "Stalled");
  return stalled != nullptr && stalled->status == Truth::kTrue && stalled->cause.reason == reason;
}

}  // namespace

Grace::Shown Grace::Soften(const kube::ObjectKey& key, Verdict verdict,
                           const std::vector<Condition>& previous) {
  if (!IsForgivable(verdict.stalled)) {
    Forget(key);
    return {std::move(verdict), std::nullopt};
  }
  const std::string& reason = verdict.stalled->reason;
  if (WasStalledBy(previous, reason)) return {std::move(verdict), std::nullopt};
  Duration left{};
  {
    const MutexLock lock(mutex_);
    Since& since = since_.try_emplace(key, Since{reason, clock_.Now()}).first->second;
    if (since.reason != reason) since = {reason, clock_.Now()};
    left = since.when + period_ - clock_.Now();
  }
  if (left <= Duration::zero()) return {std::move(verdict), std::nullopt};
  verdict.progressing = std::exchange(verdict.stalled, std::nullopt);
  return {std::move(verdict), left};
}

void Grace::Forget(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  since_.erase(key);
}

}  // namespace belvedere::runtime

#include "operator/runtime/status_writer.h"

#include <charconv>
#include <functional>
#include <string>
#include <utility>

namespace belvedere::runtime {
namespace {

Json ParsedStatus(const cache::Primary& self) {
  if (self.status.empty()) return Json::object();
  auto status = ParseJson(self.status);
  return status.has_value() ? *std::move(status) : Json::object();
}

std::uint64_t HashText(const Json& value) { return std::hash<std::string>{}(Dump(value)); }

// Whether anything but messages differs.
bool IsTransition(const std::vector<Condition>& before, const std::vector<Condition>& after) {
  for (const Condition& now : after) {
    const Condition* then = FindCondition(before, now.type);
    if (then == nullptr || then->status != now.status || then->cause.reason != now.cause.reason ||
        then->observed_generation != now.observed_generation) {
      return true;
    }
  }
  return false;
}

Json StatusIntent(const Kind& kind, const cache::Primary& self, Json status) {
  return {{"apiVersion", kind.type().ApiVersion()},
          {"kind", std::string(kind.type().kind())},
          {"metadata", {{"name", self.key.name}, {"namespace", self.key.ns}, {"uid", self.uid}}},
          {"status", std::move(status)}};
}

Counter& WriteCounter(Metrics& metrics, const Kind& kind, const char* cause) {
  return metrics.GetCounter("belvedere_status_writes_total", "Writes of status",
                            {{"kind", std::string(kind.type().kind())}, {"cause", cause}});
}

}  // namespace

StatusWriter::StatusWriter(kube::Client& client, Clock& clock, Metrics& metrics, const Kind& kind,
                           PrimaryStore& primaries, Duration interval)
    : client_(client),
      clock_(clock),
      kind_(kind),
      primaries_(primaries),
      interval_(interval),
      urgent_writes_(WriteCounter(metrics, kind, "transition")),
      quiet_writes_(WriteCounter(metrics, kind, "detail")) {}

Result<StatusWriter::Written> StatusWriter::Write(const cache::Primary& self,
                                                  const Verdict& verdict, Json fields,
                                                  const std::stop_token& stop) {
  const Json live = ParsedStatus(self);
  Written written{.before = ConditionsFrom(live), .after = {}, .retry_after = {}};
  written.after = MakeConditions(verdict, self.generation, written.before, clock_.WallNow());
  Json status = fields.is_object() ? std::move(fields) : Json::object();
  status["observedGeneration"] = self.generation;
  status["conditions"] = ToJson(written.after);

  const std::uint64_t wanted = HashText(status);
  if (status == live || IsSettled(self.key, wanted, HashText(live))) {
    written.after = written.before;
    return written;
  }
  const bool is_transition = IsTransition(written.before, written.after);
  if (!is_transition) {
    written.retry_after = DelayOf(self.key);
    if (written.retry_after.has_value()) return written;
  }
  const auto expectation = primaries_.Expect(self.key);
  auto answer =
      client_.ApplyStatus(kind_.type(), StatusIntent(kind_, self, std::move(status)), stop);
  if (!answer.has_value()) return Fail(std::move(answer).error());
  (is_transition ? urgent_writes_ : quiet_writes_).Add();
  const std::uint64_t made = HashText(At(*answer, "/status"));
  primaries_.Put(cache::DecodePrimary(*answer));
  const MutexLock lock(mutex_);
  past_[self.key] = {.when = clock_.Now(), .wanted = wanted, .live = made};
  return written;
}

std::optional<Duration> StatusWriter::DelayOf(const kube::ObjectKey& key) const {
  const MutexLock lock(mutex_);
  const auto found = past_.find(key);
  if (found == past_.end()) return std::nullopt;
  const Duration left = found->second.when + interval_ - clock_.Now();
  if (left <= Duration::zero()) return std::nullopt;
  return left;
}

bool StatusWriter::IsSettled(const kube::ObjectKey& key, std::uint64_t wanted,
                             std::uint64_t live) const {
  const MutexLock lock(mutex_);
  const auto found = past_.find(key);
  return found != past_.end() && found->second.wanted == wanted && found->second.live == live;
}

void StatusWriter::Forget(const kube::ObjectKey& key) {
  const MutexLock lock(mutex_);
  past_.erase(key);
}

}  // namespace belvedere::runtime

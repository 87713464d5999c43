#include "operator/runtime/leader.h"

#include <stdexcept>
#include <thread>
#include <utility>

#include "operator/base/log.h"

namespace belvedere::runtime {
namespace {

constexpr const char* kHolder = "/spec/holderIdentity";

Labels NameOf(const LeaderOptions& options) { return {{"name", options.lease.name}}; }

std::int64_t TicksOf(SteadyTime time) { return time.time_since_epoch().count(); }

std::int64_t WholeSeconds(std::chrono::milliseconds duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

}  // namespace

LeaderElector::LeaderElector(kube::Client& client, Clock& clock, Metrics& metrics,
                             LeaderOptions options)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      leads_(metrics.GetGauge("leader_election_master_status", "1 while this replica leads",
                              NameOf(options_))),
      terms_(metrics.GetCounter("belvedere_leader_terms_total", "Terms begun", NameOf(options_))),
      slow_path_(metrics.GetCounter("leader_election_slowpath_total",
                                    "Renewals that had to read the lease first", NameOf(options_))),
      random_(std::random_device{}()) {
  if (options_.lease_duration <= options_.renew_deadline ||
      options_.renew_deadline <= options_.retry_period * 6 / 5) {
    throw std::invalid_argument("want lease duration > renew deadline > 1.2 * retry period");
  }
}

bool LeaderElector::MayWrite() const { return TicksOf(clock_.Now()) < write_until_; }

bool LeaderElector::IsHealthy() const {
  return !in_term_ || TicksOf(clock_.Now()) < healthy_until_;
}

void LeaderElector::Run(const Term& lead, std::stop_token stop) {
  while (Acquire(stop)) Hold(lead, stop);
}

bool LeaderElector::Acquire(const std::stop_token& stop) {
  // Up to 1.2 times longer, so that candidates do not step on each other's feet.
  std::uniform_real_distribution<double> jitter(1.0, 2.2);
  while (!stop.stop_requested()) {
    if (TryAcquireOrRenew(stop) == Attempt::kHeld) return true;
    const Duration pause = options_.retry_period;
    if (!clock_.SleepFor(std::chrono::duration_cast<Duration>(pause * jitter(random_)), stop)) {
      return false;
    }
  }
  return false;
}

void LeaderElector::Hold(const Term& lead, const std::stop_token& stop) {
  log::Info("term begins", {{"identity", options_.identity}});
  terms_.Add();
  leads_.Set(1);
  in_term_ = true;
  {
    std::jthread term([&lead](std::stop_token ended) { lead(std::move(ended)); });
    Renew(stop);
    if (!stop.stop_requested()) write_until_ = 0;
  }  // ends and joins the term
  in_term_ = false;
  leads_.Set(0);
  log::Info("term ended", {{"identity", options_.identity}});
  if (stop.stop_requested()) Release();
  write_until_ = 0;
}

void LeaderElector::Renew(const std::stop_token& stop) {
  while (clock_.SleepFor(options_.retry_period, stop)) {
    const Attempt attempt = TryAcquireOrRenew(stop);
    if (attempt == Attempt::kHeld) continue;
    if (attempt == Attempt::kLost) {
      log::Warn("lease lost", {{"holder", StringAt(observed_.lease, kHolder)}});
      return;
    }
    if (!MayWrite() && !stop.stop_requested()) {
      log::Warn("lease not renewed within the deadline", {{"identity", options_.identity}});
      return;
    }
  }
}

LeaderElector::Attempt LeaderElector::TryAcquireOrRenew(const std::stop_token& stop) {
  const SteadyTime began = clock_.Now();
  if (IsHeldByUs()) {
    auto renewed = client_.Update(kube::types::kLease, NextRecord(), stop);
    if (renewed.has_value()) {
      Won(*renewed, began);
      return Attempt::kHeld;
    }
  }
  slow_path_.Add();
  auto lease = client_.Get({kube::types::kLease, options_.lease}, stop);
  if (lease.has_value()) {
    Observe(*lease);
    return TakeLease(began, stop);
  }
  if (lease.error().code == ErrorCode::kNotFound) return CreateLease(stop);
  return Unknown(lease.error());
}

LeaderElector::Attempt LeaderElector::CreateLease(const std::stop_token& stop) {
  const SteadyTime began = clock_.Now();
  observed_ = {};
  const auto created = client_.Create(kube::types::kLease, NextRecord(), stop);
  if (!created.has_value()) return Unknown(created.error());
  Won(*created, began);
  return Attempt::kHeld;
}

LeaderElector::Attempt LeaderElector::TakeLease(SteadyTime began, const std::stop_token& stop) {
  if (IsHeldByOther()) return Attempt::kLost;
  const auto taken = client_.Update(kube::types::kLease, NextRecord(), stop);
  if (!taken.has_value()) return Unknown(taken.error());
  Won(*taken, began);
  return Attempt::kHeld;
}

void LeaderElector::Observe(const Json& lease) {
  if (At(lease, "/metadata/resourceVersion") == At(observed_.lease, "/metadata/resourceVersion")) {
    return;
  }
  observed_ = {.lease = lease, .when = clock_.Now()};
}

// By our own monotonic time since the record last changed; remote timestamps are never compared.
bool LeaderElector::IsHeldByOther() const {
  const std::string holder = StringAt(observed_.lease, kHolder);
  if (holder.empty() || holder == options_.identity) return false;
  const std::chrono::seconds duration(
      IntAt(observed_.lease, "/spec/leaseDurationSeconds", WholeSeconds(options_.lease_duration)));
  return clock_.Now() < observed_.when + duration;
}

bool LeaderElector::IsHeldByUs() const {
  return StringAt(observed_.lease, kHolder) == options_.identity;
}

Json LeaderElector::NextRecord() const {
  const std::string now = FormatMicroTime(clock_.WallNow());
  Json lease = observed_.lease;
  if (!lease.is_object()) {
    lease = {{"apiVersion", kube::types::kLease.ApiVersion()},
             {"kind", std::string(kube::types::kLease.kind())},
             {"metadata", {{"namespace", options_.lease.ns}, {"name", options_.lease.name}}}};
  }
  Json& spec = lease["spec"];
  if (StringAt(observed_.lease, kHolder) != options_.identity) {
    spec["acquireTime"] = now;
    spec["leaseTransitions"] = IntAt(observed_.lease, "/spec/leaseTransitions", -1) + 1;
  }
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = WholeSeconds(options_.lease_duration);
  spec["renewTime"] = now;
  return lease;
}

void LeaderElector::Won(const Json& lease, SteadyTime began) {
  observed_ = {.lease = lease, .when = clock_.Now()};
  const SteadyTime deadline = began + options_.renew_deadline;
  write_until_ = TicksOf(deadline);
  healthy_until_ = TicksOf(deadline + 2 * options_.lease_duration);
  complained_of_.clear();
}

LeaderElector::Attempt LeaderElector::Unknown(const Error& error) {
  const bool is_ordinary = error.code == ErrorCode::kConflict || error.code == ErrorCode::kCanceled;
  if (!is_ordinary && error.message != complained_of_) {
    complained_of_ = error.message;
    log::Warn("lease cannot be read or written",
              {{"lease", kube::ToString(options_.lease)}, {"error", error.message}});
  }
  return Attempt::kUnknown;
}

void LeaderElector::Release() {
  if (!IsHeldByUs()) return;
  Json lease = NextRecord();
  lease["spec"]["holderIdentity"] = "";
  lease["spec"]["leaseDurationSeconds"] = 1;
  // The stop that ended the term must not cancel this as well; the client has its own timeout.
  const auto released = client_.Update(kube::types::kLease, lease, std::stop_token{});
  if (released.has_value()) {
    observed_ = {.lease = *released, .when = clock_.Now()};
    log::Info("lease released", {{"identity", options_.identity}});
  }
}

}  // namespace belvedere::runtime

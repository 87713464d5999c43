#include "operator/runtime/meter_reader.h"

#include <algorithm>
#include <charconv>

#include "operator/runtime/pod_url.h"

namespace belvedere::runtime {
namespace {

constexpr std::size_t kMostPods = 16;  // of one component

// The number after a series, before an optional timestamp; nullopt: there is none.
std::optional<double> ValueIn(std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

void ParseLine(std::string_view line, std::span<const std::string> names, Samples& samples) {
  const std::size_t end_of_name = std::min(line.find_first_of("{ "), line.size());
  if (std::ranges::find(names, line.substr(0, end_of_name)) == names.end()) return;
  // Label values may hold braces and spaces; the last brace ends the labels.
  const std::size_t brace = line.rfind('}');
  const std::size_t end = brace == std::string_view::npos ? end_of_name : brace + 1;
  if (const auto value = ValueIn(line.substr(end))) {
    samples.insert_or_assign(std::string(line.substr(0, end)), *value);
  }
}

}  // namespace

std::vector<MeterTarget> MeterTargets(const Plan& plan, const World& world) {
  std::vector<MeterTarget> targets;
  for (const ComponentPlan& component : plan.components) {
    if (!component.meter) continue;
    std::map<std::string, MeterTarget> by_name;
    for (const auto& pod : world.pods) {
      if (pod->component != component.name || pod->deleting || !pod->ready) continue;
      by_name[pod->key.name] = {.pod_uid = pod->uid,
                                .url = PodUrl(pod->ip, component.meter->port),
                                .meter = *component.meter};
    }
    std::size_t taken = 0;
    for (auto& [name, target] : by_name) {
      if (target.url.empty() || taken == kMostPods) continue;
      targets.push_back(std::move(target));
      ++taken;
    }
  }
  return targets;
}

Samples ParseMetrics(std::string_view page, std::span<const std::string> names) {
  Samples samples;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    ParseLine(page.substr(0, end), names, samples);
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  return samples;
}

MeterReader::MeterReader(Clock& clock, Metrics& metrics, TransportFactory connect,
                         MeterReaderOptions options)
    : clock_(clock),
      connect_(std::move(connect)),
      options_(options),
      read_(metrics.GetCounter("belvedere_meter_reads_total", "Metrics pages of pods read",
                               {{"result", "read"}})),
      failed_(metrics.GetCounter("belvedere_meter_reads_total", "Metrics pages of pods read",
                                 {{"result", "failed"}})) {}

void MeterReader::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
}

void MeterReader::Stop() {
  thread_ = std::jthread();
  const MutexLock lock(mutex_);
  targets_.clear();
  seen_.clear();
}

void MeterReader::Want(const Kind& kind, const kube::ObjectKey& key,
                       std::vector<MeterTarget> targets) {
  const Asker asker{&kind, key};
  std::set<std::string> wanted;
  for (const MeterTarget& target : targets) wanted.insert(target.pod_uid);
  const MutexLock lock(mutex_);
  if (const auto before = targets_.find(asker); before != targets_.end()) {
    for (const MeterTarget& target : before->second) {
      if (!wanted.contains(target.pod_uid)) seen_.erase(target.pod_uid);
    }
    targets_.erase(before);
  }
  if (targets.empty()) return;
  targets_.emplace(asker, std::move(targets));
  changed_.notify_one();
}

bool MeterReader::IsWanted(const Asker& asker, const std::string& pod_uid) const {
  const auto found = targets_.find(asker);
  return found != targets_.end() &&
         std::ranges::find(found->second, pod_uid, &MeterTarget::pod_uid) != found->second.end();
}

std::vector<Reading> MeterReader::Readings(
    const std::vector<std::shared_ptr<const cache::Pod>>& pods) const {
  const MutexLock lock(mutex_);
  std::vector<Reading> readings;
  for (const auto& pod : pods) {
    const auto found = seen_.find(pod->uid);
    if (found == seen_.end()) continue;
    const Seen& seen = found->second;
    readings.push_back({.component = pod->component,
                        .pod = pod->key.name,
                        .now = seen.now,
                        .before = Before(seen)});
  }
  return readings;
}

Samples MeterReader::Before(const Seen& seen) const {
  const bool is_old = seen.now_at - seen.older_at >= options_.window / 2;
  return is_old ? seen.older : Samples();
}

void MeterReader::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      clock_.Wait(lock, changed_, SteadyTime::max(), stop,
                  [this]() REQUIRES(mutex_) { return !targets_.empty(); });
    }
    if (!clock_.SleepFor(options_.every, stop)) return;
    for (const Kind* kind : ReadAll(stop)) {
      if (on_change_ && !stop.stop_requested()) on_change_(*kind);
    }
  }
}

std::set<const Kind*> MeterReader::ReadAll(const std::stop_token& stop) {
  std::map<Asker, std::vector<MeterTarget>> targets;
  {
    const MutexLock lock(mutex_);
    targets = targets_;
  }
  std::set<const Kind*> changed;
  for (const auto& [asker, pods] : targets) {
    for (const MeterTarget& target : pods) {
      if (stop.stop_requested()) return changed;
      if (Read(asker, target, stop) == News::kSome) changed.insert(asker.first);
    }
  }
  return changed;
}

MeterReader::News MeterReader::Read(const Asker& asker, const MeterTarget& target,
                                    const std::stop_token& stop) {
  const http::Request request{
      .method = http::Method::kGet, .target = target.meter.path, .headers = {}, .body = {}};
  const auto response = connect_(target.url)->RoundTrip(request, options_.timeout, stop);
  const bool is_read = response.has_value() && response->status == 200;
  (is_read ? read_ : failed_).Add();
  if (!is_read) return News::kNone;
  Samples samples = ParseMetrics(response->body, target.meter.names);
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  if (!IsWanted(asker, target.pod_uid)) return News::kNone;
  const auto [entry, is_new] = seen_.try_emplace(target.pod_uid);
  Seen& seen = entry->second;
  const Samples before = Before(seen);
  const bool is_other = is_new || seen.now != samples;
  if (is_new) {
    seen.older = seen.newer = samples;
    seen.older_at = seen.newer_at = now;
  } else if (now - seen.newer_at >= options_.window / 2) {
    seen.older = std::exchange(seen.newer, samples);
    seen.older_at = std::exchange(seen.newer_at, now);
  }
  seen.now = std::move(samples);
  seen.now_at = now;
  return is_other || Before(seen) != before ? News::kSome : News::kNone;
}

}  // namespace belvedere::runtime

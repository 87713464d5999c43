#include "operator/runtime/events.h"

#include <algorithm>
#include <utility>

#include "operator/base/hash.h"
#include "operator/base/log.h"

namespace belvedere::runtime {
namespace {

constexpr std::size_t kNoteLimit = 1024;  // of events.k8s.io/v1
constexpr std::size_t kNameLimit = 200;

std::string Limited(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  text.resize(limit);
  return text;
}

// What makes two events the same.
std::string Sameness(const Event& event) {
  ContentHash hash;
  for (const std::string& part :
       {event.uid, event.reason, event.action, event.note,
        std::string(event.type == EventType::kWarning ? "Warning" : "Normal")}) {
    hash.Add(part);
  }
  return hash.Hex();
}

// The same event at the same time gives the same name, so that no retry makes a second object.
kube::ObjectKey KeyOfEvent(const Event& event, const std::string& sameness, WallTime first_seen) {
  const std::string& ns = event.regarding.key.ns;
  ContentHash hash;
  hash.Add(sameness).Add(FormatMicroTime(first_seen));
  return {ns.empty() ? "default" : ns,
          Limited(event.regarding.key.name, kNameLimit) + "." + hash.Hex().substr(0, 16)};
}

}  // namespace

EventRecorder::EventRecorder(kube::Client& client, Clock& clock, Metrics& metrics,
                             EventOptions options)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      written_(
          metrics.GetCounter("belvedere_events_total", "Events recorded", {{"result", "written"}})),
      dropped_(metrics.GetCounter("belvedere_events_total", "Events recorded",
                                  {{"result", "dropped"}})) {}

EventRecorder::~EventRecorder() { Stop(); }

void EventRecorder::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
}

void EventRecorder::Stop() {
  thread_ = std::jthread();
  const MutexLock lock(mutex_);
  series_.clear();
}

void EventRecorder::Record(Event event) {
  event.note = Limited(std::move(event.note), kNoteLimit);
  const std::string sameness = Sameness(event);
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  Expire(now);
  const auto found = series_.find(sameness);
  if (found != series_.end()) {
    ++found->second.count;
    found->second.last_seen = clock_.WallNow();
    found->second.last_recorded = now;
  } else if (series_.size() >= options_.queue_limit) {
    dropped_.Add();
    return;
  } else {
    const WallTime first_seen = clock_.WallNow();
    kube::ObjectKey key = KeyOfEvent(event, sameness, first_seen);
    series_.emplace(sameness, Series{.key = std::move(key),
                                     .last_seen = first_seen,
                                     .last_recorded = now,
                                     .event = std::move(event),
                                     .first_seen = first_seen});
  }
  changed_.notify_one();
}

bool EventRecorder::IsIdle() const {
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  return NextDue(now).empty();
}

SteadyTime EventRecorder::DueOf(const Series& series) const {
  if (series.written_count == series.count) return SteadyTime::max();
  if (series.written_count == 0) return SteadyTime::min();
  return series.last_written + options_.series_interval;
}

SteadyTime EventRecorder::EarliestDue() const {
  SteadyTime earliest = SteadyTime::max();
  for (const auto& [sameness, series] : series_) earliest = std::min(earliest, DueOf(series));
  return earliest;
}

std::string EventRecorder::NextDue(SteadyTime now) const {
  const auto found = std::ranges::find_if(
      series_, [this, now](const auto& entry) { return DueOf(entry.second) <= now; });
  return found == series_.end() ? std::string() : found->first;
}

void EventRecorder::Expire(SteadyTime now) {
  std::erase_if(series_, [this, now](const auto& entry) {
    const Series& series = entry.second;
    return series.written_count == series.count &&
           now - series.last_recorded > options_.series_window;
  });
}

void EventRecorder::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string sameness;
    Series series;
    {
      MutexLock lock(mutex_);
      sameness = NextDue(clock_.Now());
      if (sameness.empty()) {
        const SteadyTime due = EarliestDue();
        clock_.Wait(lock, changed_, due, stop,
                    [this, due]() REQUIRES(mutex_) { return EarliestDue() < due; });
        continue;
      }
      series = series_.at(sameness);
    }
    auto uid = WriteOne(series, stop);
    (uid.has_value() ? written_ : dropped_).Add();
    const MutexLock lock(mutex_);
    const auto found = series_.find(sameness);
    if (found == series_.end()) continue;
    // Not tried again after a failure: what it tells is in the status as well.
    found->second.written_count = series.count;
    found->second.last_written = clock_.Now();
    if (uid.has_value()) found->second.uid = *std::move(uid);
  }
}

Result<std::string> EventRecorder::WriteOne(const Series& series, const std::stop_token& stop) {
  const auto answer = [&]() -> Result<Json> {
    if (series.uid.empty()) return client_.Create(kube::types::kEvent, Document(series), stop);
    const Json patch{
        {"metadata", {{"uid", series.uid}}},
        {"series",
         {{"count", series.count}, {"lastObservedTime", FormatMicroTime(series.last_seen)}}}};
    return client_.MergePatch({kube::types::kEvent, series.key}, patch, stop);
  }();
  if (answer.has_value()) return kube::UidOf(*answer);
  log::Debug("event not written",
             {{"reason", series.event.reason}, {"error", answer.error().message}});
  return Fail(answer.error());
}

Json EventRecorder::Document(const Series& series) const {
  const Event& event = series.event;
  return {{"apiVersion", kube::types::kEvent.ApiVersion()},
          {"kind", std::string(kube::types::kEvent.kind())},
          {"metadata", {{"namespace", series.key.ns}, {"name", series.key.name}}},
          {"eventTime", FormatMicroTime(series.first_seen)},
          {"reportingController", options_.reporter},
          {"reportingInstance", options_.instance},
          {"action", event.action},
          {"reason", event.reason},
          {"type", event.type == EventType::kWarning ? "Warning" : "Normal"},
          {"note", event.note},
          {"regarding",
           {{"apiVersion", event.regarding.type.ApiVersion()},
            {"kind", std::string(event.regarding.type.kind())},
            {"namespace", event.regarding.key.ns},
            {"name", event.regarding.key.name},
            {"uid", event.uid}}}};
}

}  // namespace belvedere::runtime

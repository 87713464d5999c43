#include "operator/cache/reflector.h"

#include <malloc.h>

#include <charconv>
#include <exception>
#include <utility>

#include "operator/base/log.h"

namespace belvedere::cache {
namespace {

constexpr int kPageSize = 500;
constexpr std::chrono::seconds kShortWatch{1};
constexpr const char* kInitialEventsEnd = "k8s.io/initial-events-end";

Labels LabelsOf(const Subject& subject) { return {{"kind", std::string(subject.type.kind())}}; }

Counter& EventCounter(Metrics& metrics, const Subject& subject, const char* type) {
  return metrics.GetCounter("belvedere_reflector_events_total", "Watch events handed on",
                            {{"kind", std::string(subject.type.kind())}, {"type", type}});
}

// A decoder that throws is a programmer error; one object must not end the watch for the others.
template <typename Work>
void Guarded(const Subject& subject, Counter& undecodable, const Work& work) {
  try {
    work();
  } catch (const std::exception& failure) {
    undecodable.Add();
    log::Error("object skipped",
               {{"kind", std::string(subject.type.kind())}, {"error", failure.what()}});
  }
}

}  // namespace

Reflector::Reflector(kube::Client& client, Clock& clock, Metrics& metrics, Subject subject,
                     Sink& sink)
    : client_(client),
      clock_(clock),
      subject_(std::move(subject)),
      sink_(sink),
      lists_(metrics.GetCounter("belvedere_reflector_lists_total", "Full lists completed",
                                LabelsOf(subject_))),
      watches_(metrics.GetCounter("belvedere_reflector_watches_total", "Watch requests begun",
                                  LabelsOf(subject_))),
      faults_(metrics.GetCounter("belvedere_reflector_faults_total",
                                 "List or watch requests that failed", LabelsOf(subject_))),
      changes_(EventCounter(metrics, subject_, "change")),
      bookmarks_(EventCounter(metrics, subject_, "bookmark")),
      undecodable_(metrics.GetCounter("belvedere_reflector_undecodable_total",
                                      "Objects that could not be decoded", LabelsOf(subject_))),
      backoff_(BackoffOptions{}),
      random_(std::random_device{}()) {}

void Reflector::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const SteadyTime began = clock_.Now();
    const bool lists = must_list_;
    events_ = 0;
    const Status status = lists ? List(stop) : Watch(stop);
    if (stop.stop_requested()) return;
    if (!status.has_value()) {
      Judge(status.error());
    } else if (lists || events_ > 0 || clock_.Now() - began >= kShortWatch) {
      continue;  // the ordinary end of a request
    }
    if (!clock_.SleepFor(backoff_.Next(clock_.Now()), stop)) return;
  }
}

// What an error means for the next attempt.
void Reflector::Judge(const Error& error) {
  // 504 on a watch: the server does not know a version as late as ours.
  if (error.code == ErrorCode::kGone || error.http_status == 504) must_list_ = true;
  // The idle deadline is how a dead peer shows, and nothing to tell anyone.
  if (error.code == ErrorCode::kTimeout && error.http_status == 0 && !must_list_) return;
  faults_.Add();
  log::Warn("list or watch failed", {{"kind", std::string(subject_.type.kind())},
                                     {"code", std::string(ToString(error.code))},
                                     {"error", error.message}});
}

Status Reflector::List(const std::stop_token& stop) {
  Status status = StreamList(stop);
  if (!must_list_ || stop.stop_requested()) return status;
  // Whatever was wrong with the streaming list, pages are tried at once; the next full list begins
  // with a streaming one again.
  log::Info("streaming list failed, listing by pages",
            {{"kind", std::string(subject_.type.kind())}, {"error", status.error().message}});
  return ListPages(stop);
}

kube::WatchOptions Reflector::OptionsOf(kube::WatchOptions::Start start) {
  // Spread, so that not all watches of a server that restarted end together.
  std::uniform_int_distribution<int> seconds(300, 600);
  return {.ns = subject_.ns,
          .label_selector = subject_.label_selector,
          .projection = subject_.projection,
          .resource_version = start == kube::WatchOptions::Start::kFromVersion ? version_ : "",
          .start = start,
          .server_timeout = std::chrono::seconds(seconds(random_)),
          .novelty = [this](const kube::ObjectKey& key, std::uint64_t version) {
            return Peek(key, version);
          }};
}

kube::WatchOptions::Novelty Reflector::Peek(const kube::ObjectKey& key,
                                            std::uint64_t resource_version) {
  const auto novelty = sink_.NoveltyOf(key, resource_version);
  if (novelty.what == kube::WatchOptions::Novelty::What::kNew) return novelty;
  ++events_;
  changes_.Add();
  version_ = std::to_string(resource_version);
  has_given_ = true;
  if (Remembers()) seen_.insert(key);
  return novelty;
}

void Reflector::BeginList() {
  seen_.clear();
  prunes_ = has_given_;
}

bool Reflector::Remembers() const { return must_list_ && prunes_; }

Status Reflector::StreamList(const std::stop_token& stop) {
  watches_.Add();
  BeginList();
  const auto handle = [this](kube::WatchEvent event) {
    const bool is_end = must_list_ && event.type == kube::WatchEventType::kBookmark &&
                        kube::AnnotationOf(event.object, kInitialEventsEnd) == "true";
    Take(std::move(event));
    if (is_end) FinishList(version_);
  };
  const Status status = client_.Watch(
      subject_.type, OptionsOf(kube::WatchOptions::Start::kInitialEvents), handle, stop);
  seen_.clear();
  if (status.has_value() && must_list_) {
    return Fail(ErrorCode::kDecode, "the streaming list ended before it was complete");
  }
  return status;
}

Status Reflector::ListPages(const std::stop_token& stop) {
  BeginList();
  kube::ListOptions options{.ns = subject_.ns,
                            .label_selector = subject_.label_selector,
                            .projection = subject_.projection,
                            .limit = kPageSize};
  do {
    auto page = client_.List(subject_.type, options, stop);
    if (!page.has_value()) return Fail(std::move(page).error());
    for (Json& object : page->items) Upsert(std::move(object));
    options.continue_token = page->continue_token;
    version_ = page->resource_version;
  } while (!options.continue_token.empty());
  FinishList(version_);
  seen_.clear();
  return {};
}

void Reflector::FinishList(const std::string& resource_version) {
  std::uint64_t version = 0;
  std::from_chars(resource_version.data(), resource_version.data() + resource_version.size(),
                  version);
  if (prunes_) Guarded(subject_, undecodable_, [this, version] { sink_.Prune(seen_, version); });
  seen_.clear();
  must_list_ = false;
  lists_.Add();
  synced_.store(true, std::memory_order_release);
  // The documents of a full list are the high-water mark of the heap: give it back.
  malloc_trim(0);
}

Status Reflector::Watch(const std::stop_token& stop) {
  watches_.Add();
  return client_.Watch(
      subject_.type, OptionsOf(kube::WatchOptions::Start::kFromVersion),
      [this](kube::WatchEvent event) { Take(std::move(event)); }, stop);
}

void Reflector::Take(kube::WatchEvent event) {
  ++events_;
  std::string version = StringAt(event.object, "/metadata/resourceVersion");
  switch (event.type) {
    case kube::WatchEventType::kAdded:
    case kube::WatchEventType::kModified:
      Upsert(std::move(event.object));
      break;
    case kube::WatchEventType::kDeleted:
      Guarded(subject_, undecodable_, [this, &event] { sink_.Delete(event.object); });
      break;
    case kube::WatchEventType::kBookmark:
      break;
  }
  if (!version.empty()) version_ = std::move(version);
  (event.type == kube::WatchEventType::kBookmark ? bookmarks_ : changes_).Add();
}

void Reflector::Upsert(Json object) {
  has_given_ = true;
  if (Remembers()) seen_.insert(kube::KeyOf(object));
  Guarded(subject_, undecodable_, [this, &object] { sink_.Upsert(std::move(object)); });
}

}  // namespace belvedere::cache

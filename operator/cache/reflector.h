#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/cache/backoff.h"
#include "operator/kube/client.h"

namespace belvedere::cache {

// What a reflector reads.
struct Subject {
  kube::ResourceType type;
  std::string ns;  // empty: all
  std::string label_selector;
  kube::Projection projection = kube::Projection::kFull;
};

// Where a reflector puts what it reads, empty at first. All calls come from the reflector's thread.
class Sink {
 public:
  virtual ~Sink() = default;
  // What is held of the object: at this version or a newer one, it needs not be decoded.
  virtual kube::WatchOptions::Novelty NoveltyOf(const kube::ObjectKey& key,
                                                std::uint64_t resource_version) const = 0;
  virtual void Upsert(Json object) = 0;
  virtual void Delete(const Json& last_state) = 0;
  // After a full list, but for the first if nothing came before it: whatever is known but not in
  // `seen`, and not newer than `resource_version`, is gone.
  virtual void Prune(const std::set<kube::ObjectKey>& seen, std::uint64_t resource_version) = 0;
};

// Keeps a sink in step with the API server: streaming list where it is served, else pages, then
// watch with bookmarks; 410 lists again, faults back off. Parameters follow client-go's reflector
// (docs/architecture.md, "Reading"), but for one: every list is a consistent read, never the
// server's cache of some time ago, so that a restart cannot see the past. `Run` blocks until
// stopped; give it a thread.
class Reflector {
 public:
  Reflector(kube::Client& client, Clock& clock, Metrics& metrics, Subject subject, Sink& sink);

  void Run(std::stop_token stop);

  // Whether the first full list has reached the sink. Thread-safe.
  bool HasSynced() const { return synced_.load(std::memory_order_acquire); }
  const Subject& subject() const { return subject_; }

 private:
  // A full list; where it is a streaming one, the watch after it too.
  Status List(const std::stop_token& stop);
  Status StreamList(const std::stop_token& stop);
  Status ListPages(const std::stop_token& stop);
  Status Watch(const std::stop_token& stop);
  // Passes one watch event on and remembers its version.
  void Take(kube::WatchEvent event);
  void Upsert(Json object);
  void BeginList();
  // Whether the keys of the list under way are wanted.
  bool Remembers() const;
  void FinishList(const std::string& resource_version);
  void Judge(const Error& error);
  kube::WatchOptions OptionsOf(kube::WatchOptions::Start start);
  // As Take, of an object that may be known.
  kube::WatchOptions::Novelty Peek(const kube::ObjectKey& key, std::uint64_t resource_version);

  kube::Client& client_;
  Clock& clock_;
  const Subject subject_;
  Sink& sink_;
  Counter& lists_;
  Counter& watches_;
  Counter& faults_;
  Counter& changes_;
  Counter& bookmarks_;
  Counter& undecodable_;
  std::atomic<bool> synced_{false};

  // Of the thread in Run.
  Backoff backoff_;
  std::mt19937 random_;
  bool must_list_ = true;
  std::string version_;             // of the latest event
  bool has_given_ = false;          // anything to the sink
  bool prunes_ = false;             // the list under way; else there is nothing that may be gone
  std::set<kube::ObjectKey> seen_;  // in that list; the keys of a first one would riddle the heap
  std::uint64_t events_ = 0;        // since the request under way began
};

}  // namespace belvedere::cache

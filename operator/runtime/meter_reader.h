#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/http/transport.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

// A pod whose metrics are wanted.
struct MeterTarget {
  std::string pod_uid;
  std::string url;  // http://ip:port
  Meter meter;
};

// The pods of self whose components have a meter: those that are ready, and of each component no
// more than the first sixteen by name, so that a large cluster costs no more than a small one.
std::vector<MeterTarget> MeterTargets(const Plan& plan, const World& world);

// The samples of `names` on a metrics page in the text format of Prometheus (exposition formats,
// 0.0.4); lines of any other kind are skipped.
Samples ParseMetrics(std::string_view page, std::span<const std::string> names);

struct MeterReaderOptions {
  Duration every = std::chrono::seconds(30);
  // Samples to compare with are at least half of it old.
  Duration window = std::chrono::minutes(5);
  std::chrono::milliseconds timeout = std::chrono::seconds(1);
};

// Reads the metrics of pods in rounds, one after the other, on a thread of its own; without targets
// it sleeps. A pod that does not answer keeps what it said last. Thread-safe.
class MeterReader {
 public:
  using TransportFactory =
      std::function<std::unique_ptr<http::Transport>(const std::string& base_url)>;
  using Asker = std::pair<const Kind*, kube::ObjectKey>;
  using ChangeHandler = std::function<void(const Kind& kind)>;

  MeterReader(Clock& clock, Metrics& metrics, TransportFactory connect,
              MeterReaderOptions options = {});
  ~MeterReader() { Stop(); }
  MeterReader(const MeterReader&) = delete;
  MeterReader& operator=(const MeterReader&) = delete;

  // Called on the reader's thread, at the end of a round, for each kind of which the readings of a
  // pod have changed: several resources may look at one pod. Once, before Start.
  void OnChange(ChangeHandler handler) { on_change_ = std::move(handler); }
  void Start();
  // Ends and joins the thread, and forgets all targets and samples.
  void Stop();

  // The targets of a resource from now on; in place of those it had.
  void Want(const Kind& kind, const kube::ObjectKey& key, std::vector<MeterTarget> targets);
  // Of those pods that have been read.
  std::vector<Reading> Readings(const std::vector<std::shared_ptr<const cache::Pod>>& pods) const;

 private:
  struct Seen {
    Samples now;
    SteadyTime now_at;
    Samples older;  // the two points of comparison: the older is handed out
    SteadyTime older_at;
    Samples newer;
    SteadyTime newer_at;
  };

  void Work(const std::stop_token& stop);
  // Returns the kinds of which the readings of some pod have changed.
  std::set<const Kind*> ReadAll(const std::stop_token& stop);
  enum class News { kNone, kSome };
  News Read(const Asker& asker, const MeterTarget& target, const std::stop_token& stop);
  // What is handed out beside `now`.
  Samples Before(const Seen& seen) const;
  bool IsWanted(const Asker& asker, const std::string& pod_uid) const REQUIRES(mutex_);

  Clock& clock_;
  const TransportFactory connect_;
  const MeterReaderOptions options_;
  ChangeHandler on_change_;
  Counter& read_;
  Counter& failed_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Asker, std::vector<MeterTarget>> targets_ GUARDED_BY(mutex_);
  std::map<std::string, Seen> seen_ GUARDED_BY(mutex_);  // by pod UID
  std::jthread thread_;
};

}  // namespace belvedere::runtime

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/kube/client.h"
#include "operator/runtime/agent_asker.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/controller.h"
#include "operator/runtime/events.h"
#include "operator/runtime/meter_reader.h"
#include "operator/runtime/sweep.h"

namespace belvedere::runtime {

struct ControllerSetOptions {
  std::string instance;         // names this process in events
  std::string watch_namespace;  // empty: all
  int workers = 4;
  Duration resync = std::chrono::hours(10);
  Duration sweep = std::chrono::hours(1);
};

// The controllers of all kinds with what they share, and the wiring from what is watched to whom it
// concerns.
class ControllerSet {
 public:
  // `reader` watches; `writer` refuses writes while this replica does not lead. References and
  // kinds must outlive it.
  ControllerSet(kube::Client& reader, kube::Client& writer, Clock& clock, Metrics& metrics,
                const std::vector<const Kind*>& kinds, AgentAsker::TransportFactory connect_agent,
                const ControllerSetOptions& options);
  ~ControllerSet() = default;
  ControllerSet(const ControllerSet&) = delete;
  ControllerSet& operator=(const ControllerSet&) = delete;

  Caches& caches() { return caches_; }
  // One term: returns when `term` has stopped and nothing of it runs any more. The caches must have
  // synced.
  void Lead(const std::stop_token& term);
  // Every resource again; nothing while no term runs.
  void Resync();
  // Brings the gauges up to date; called before each scrape.
  void UpdateGauges();
  // Whether a term runs that takes work of every kind.
  bool Runs() const;
  // Whether no controller has anything to do within `horizon`, and every event is written.
  bool IsIdle(Duration horizon) const;

 private:
  Listener MakeListener();
  void OnPrimary(const Kind& kind, const std::shared_ptr<const cache::Primary>& before,
                 const std::shared_ptr<const cache::Primary>& after);
  void OnChild(const std::shared_ptr<const cache::Child>& before,
               const std::shared_ptr<const cache::Child>& after);
  void OnPod(const cache::Pod& pod);
  void OnNamespace(const std::shared_ptr<const cache::Namespace>& before,
                   const std::shared_ptr<const cache::Namespace>& after);
  // Readings of pods of the kind have changed: concerns its resources, and those who read the kind.
  void OnReadings(const Kind& kind);
  // A resource has changed: concerns those who read its kind.
  void TellReaders(const Kind& kind, const cache::Primary& primary, Priority priority);
  void ResyncLoop(const std::stop_token& term);

  Clock& clock_;
  Metrics& metrics_;
  const ControllerSetOptions options_;
  Caches caches_;
  EventRecorder events_;
  AgentAsker agents_;
  MeterReader meters_;
  std::map<const Kind*, std::unique_ptr<Controller>> controllers_;
  Sweeper sweeper_;
};

}  // namespace belvedere::runtime

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "operator/base/metrics.h"
#include "operator/base/testing/manual_clock.h"
#include "operator/kube/client.h"
#include "operator/kube/testing/fake_apiserver.h"
#include "operator/runtime/controller_set.h"
#include "operator/runtime/fenced_client.h"

namespace belvedere::runtime {

// One operator process over a fake API server, without election and probes: it leads from Lead()
// to Retire(). Everything it does can be waited for.
class Replica {
 public:
  // The first of `kinds` is the one whose work a term is known to begin with.
  Replica(kube::FakeApiServer& server, ManualClock& clock, std::vector<const Kind*> kinds,
          const std::string& name, AgentAsker::TransportFactory connect_agent = {});
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Starts the caches and waits until they have synced.
  void Warm();
  void Lead();
  void Retire();
  // From now on no write is started, as when the lease has run out.
  void Fence() { may_write_ = false; }

  // Returns when every change so far has been seen and all that follows from it is done, delayed
  // work of up to an hour included (the clock is moved on for it).
  void Settle();
  // As Settle, but leaves delayed work where it is.
  void SettleNow();
  // Lets so much time pass, and what it brings. For what is retried for ever and never settles.
  void Pass(Duration duration);

  ControllerSet& controllers() { return controllers_; }
  Metrics& metrics() { return metrics_; }

 private:
  // Waits until every watch has handed on all events so far.
  void CatchUp();
  std::uint64_t BookmarksOf(const kube::ResourceType& type);

  kube::FakeApiServer& server_;
  ManualClock& clock_;
  const std::vector<const Kind*> kinds_;
  Metrics metrics_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
  std::atomic<bool> may_write_{false};
  FencedClient fenced_;
  ControllerSet controllers_;
  std::jthread term_;
};

}  // namespace belvedere::runtime

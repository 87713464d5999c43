#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/http/transport.h"
#include "operator/runtime/kind.h"
#include "operator/runtime/reloads.h"

namespace belvedere::runtime {

struct AgentAskerOptions {
  int threads = 4;
  std::chrono::milliseconds timeout = std::chrono::seconds(2);
  Duration first_delay = std::chrono::milliseconds(200);
  Duration max_delay = std::chrono::seconds(10);
};

// How long to ask: until the wanted config is loaded, or on and on, while somebody else's change of
// the config stands (managementState: Paused) and the agents may see other files at any time.
enum class Asking { kUntilLoaded, kSteadily };

// Asks the agents in pods which config their operand runs (GET /v1/config), each only while its
// wanted hash is not the loaded one: at rest it asks nobody. A few threads of its own, so that an
// agent that hangs delays neither a worker nor, much, the other agents. Thread-safe.
class AgentAsker {
 public:
  using TransportFactory =
      std::function<std::unique_ptr<http::Transport>(const std::string& base_url)>;
  // The resource that a reload target belongs to.
  using Asker = std::pair<const Kind*, kube::ObjectKey>;
  using ChangeHandler = std::function<void(const Kind& kind, const kube::ObjectKey& key)>;

  AgentAsker(Clock& clock, Metrics& metrics, TransportFactory connect,
             AgentAskerOptions options = {});
  ~AgentAsker();
  AgentAsker(const AgentAsker&) = delete;
  AgentAsker& operator=(const AgentAsker&) = delete;

  // Called, on a thread of the asker, after an agent's answer has changed. Once, before Start.
  void OnChange(ChangeHandler handler) { on_change_ = std::move(handler); }
  void Start();
  // Ends and joins the threads, and forgets all targets and answers.
  void Stop();

  // The reload targets of a resource from now on; in place of those it had.
  void Want(const Kind& kind, const kube::ObjectKey& key, const std::vector<ReloadTarget>& targets,
            Asking asking = Asking::kUntilLoaded);
  // By pod UID, of those asked so far.
  std::map<std::string, AgentAnswer> Answers(
      const std::vector<std::shared_ptr<const cache::Pod>>& pods) const;

 private:
  struct Target {
    Asker asker;
    std::string url;
    std::string wanted;
    Asking asking = Asking::kUntilLoaded;
    std::optional<AgentAnswer> answer;
    Duration delay{};
    std::optional<SteadyTime> due;  // none: loaded, or being asked
    std::shared_ptr<http::Transport> transport;
  };
  using Due = std::pair<SteadyTime, std::string>;  // and pod UID

  void Work(const std::stop_token& stop);
  void AskOne(const std::string& pod_uid, const std::stop_token& stop);
  Result<AgentAnswer> Ask(http::Transport& transport, const std::stop_token& stop) const;
  void Schedule(const std::string& pod_uid, Target& target, SteadyTime due) REQUIRES(mutex_);
  void Unschedule(const std::string& pod_uid, Target& target) REQUIRES(mutex_);
  void Drop(const std::string& pod_uid) REQUIRES(mutex_);

  Clock& clock_;
  const TransportFactory connect_;
  const AgentAskerOptions options_;
  ChangeHandler on_change_;
  Counter& answered_;
  Counter& unanswered_;
  Gauge& waiting_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Target> targets_ GUARDED_BY(mutex_);  // by pod UID
  std::map<Asker, std::set<std::string>> pods_ GUARDED_BY(mutex_);
  std::set<Due> schedule_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;
};

}  // namespace belvedere::runtime

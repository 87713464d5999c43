#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/base/mutex.h"
#include "operator/cli/agent/active_dir.h"
#include "operator/cli/agent/operand.h"
#include "operator/cli/agent/source_dir.h"
#include "operator/cli/agent/turn.h"

namespace belvedere::agent {

// What the operator asks for. Hashes are of base/config_hash.h.
struct State {
  std::string wanted;   // of the files in the source; empty: not read yet
  std::string loaded;   // of the version that the operand has proven to run; empty: none
  std::string error;    // why `wanted` is not loaded, in the operand's words; empty: none
  bool copied = false;  // the operand finds a complete config at `current`
};

struct ReloaderOptions {
  std::chrono::milliseconds source_poll = std::chrono::seconds(10);
  std::chrono::milliseconds retry_base = std::chrono::milliseconds(250);
  std::chrono::milliseconds retry_max = std::chrono::seconds(5);
  // How long an operand may stay unready with a version that it has not proven, while there is a
  // last good one to go back to.
  std::chrono::milliseconds unready_limit = std::chrono::seconds(60);
  std::chrono::milliseconds unready_limit_max = std::chrono::minutes(15);
  // How long an operand that starts keeps the version that it may be reading, though another is
  // wanted.
  std::chrono::milliseconds start_limit = std::chrono::seconds(15);
  // A refusal may come from outside the config (a Secret that is not mounted yet): asked again.
  std::chrono::milliseconds refused_retry = std::chrono::minutes(5);
};

// Brings the source's config to the operand and proves that it is loaded. One version at a time is
// the target; a target is copied, made `current`, and proven by a reload that succeeds. A wanted
// version that the operand refuses, or with which it does not come up, is blamed, and the last good
// one is the target until the blame ends. In a pod that has a last good one, a wanted version waits
// for its turn among the replicas.
//
// Step() from one thread; state() from any.
class Reloader {
 public:
  Reloader(SourceDir source, ActiveDir active, Operand& operand, Turn& turn, Clock& clock,
           Metrics& metrics, ReloaderOptions options = {});

  // Does what is due. Returns when to call again at the latest; sooner when the source changes.
  SteadyTime Step(std::stop_token stop);

  State state() const;

 private:
  // Why the wanted version is not the target.
  struct Blame {
    enum class Kind {
      kUntried,  // after a start: not before the operand is up with its last good version
      kRefused,  // until `ends`
      kFailed,   // the operand went away with it: until the last good one fails too
    } kind = Kind::kUntried;
    std::string error;
    SteadyTime ends = SteadyTime::max();
  };
  // What to do next with the target: nothing, look at the target again, or wait.
  enum class Next { kRest, kAgain, kWait };

  Status ReadSource();
  bool CanGoBack() const;
  const std::string& Target() const;
  Next Pursue(std::stop_token stop);
  bool AwaitsTurn(const std::string& target, const std::stop_token& stop);
  // Whether the operand may be reading the current version, as it does when it starts.
  bool MayBeReading(std::stop_token stop);
  Reply Probe(std::stop_token stop);
  Status Install(const std::string& target);
  Status Prune();
  Next Prove(const std::string& target, std::stop_token stop);
  Next OnProven(const std::string& target);
  Next OnRefused(const std::string& target, const std::string& text);
  Next OnUnready(const std::string& target, const Reply& reply);
  void Publish();
  SteadyTime RetryTime();

  const SourceDir source_;
  ActiveDir active_;
  Operand& operand_;
  Turn& turn_;
  Clock& clock_;
  const ReloaderOptions options_;
  Gauge& loaded_gauge_;
  Gauge& success_time_;
  Counter& reloads_proven_;
  Counter& reloads_refused_;
  Counter& reloads_unready_;

  std::string signature_;  // of the source when it was last read
  std::string wanted_;
  std::string current_;
  std::string left_;  // `current` before; the operand may be reading it until another is proven
  std::string last_good_;
  std::string loaded_;
  std::string trouble_;  // of our own: reading the source or writing the volume
  std::optional<Blame> blame_;
  bool operand_ready_ = false;
  SteadyTime trial_began_;              // of the target that is current and unproven
  std::optional<SteadyTime> switched_;  // by this process
  Duration unready_limit_;
  Duration retry_delay_;

  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
};

// `text` without trailing white space and control characters, at most `limit` bytes, cut between
// UTF-8 characters.
std::string Trimmed(std::string text, std::size_t limit);

}  // namespace belvedere::agent

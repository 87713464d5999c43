#include "operator/cli/agent/reloader.h"

#include <algorithm>

#include "operator/base/log.h"

namespace belvedere::agent {
namespace {

constexpr std::size_t kErrorLimit = 1024;
// Untried, then refused, then back to the last good one; one to spare.
constexpr int kRounds = 4;

Counter& Reloads(Metrics& metrics, const std::string& result) {
  return metrics.GetCounter("belvedere_agent_reloads_total",
                            "Reloads asked of the operand, by what came of them.",
                            {{"result", result}});
}

std::string Seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

std::string Trimmed(std::string text, std::size_t limit) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (text.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
    text.resize(limit);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Reloader::Reloader(SourceDir source, ActiveDir active, Operand& operand, Turn& turn, Clock& clock,
                   Metrics& metrics, ReloaderOptions options)
    : source_(std::move(source)),
      active_(std::move(active)),
      operand_(operand),
      turn_(turn),
      clock_(clock),
      options_(options),
      loaded_gauge_(metrics.GetGauge("belvedere_agent_config_loaded",
                                     "1 when the operand has proven to run the wanted config.")),
      success_time_(metrics.GetGauge("belvedere_agent_config_last_success_timestamp_seconds",
                                     "When the operand last proved to run a config.")),
      reloads_proven_(Reloads(metrics, "loaded")),
      reloads_refused_(Reloads(metrics, "rejected")),
      reloads_unready_(Reloads(metrics, "unready")),
      trial_began_(clock.Now()),
      unready_limit_(options.unready_limit),
      retry_delay_(options.retry_base) {
  // What a crash of the node has left incomplete counts as absent.
  if (std::string current = active_.Current(); active_.Intact(current)) current_ = current;
  if (std::string good = active_.LastGood(); active_.Intact(good)) last_good_ = good;
  if (!last_good_.empty()) blame_ = Blame{Blame::Kind::kUntried, {}, SteadyTime::max()};
}

State Reloader::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

SteadyTime Reloader::Step(std::stop_token stop) {
  const Status read = ReadSource();
  trouble_ = read ? std::string() : read.error().message;
  if (blame_ && blame_->ends <= clock_.Now()) blame_.reset();

  Next next = Next::kAgain;
  for (int round = 0; next == Next::kAgain && round < kRounds; ++round) next = Pursue(stop);
  Publish();
  if (next != Next::kRest || !read) return RetryTime();
  return std::min(clock_.Now() + options_.source_poll, blame_ ? blame_->ends : SteadyTime::max());
}

Status Reloader::ReadSource() {
  const Result<std::string> signature = source_.Signature();
  if (!signature) return Fail(signature.error());
  if (*signature == signature_) return {};
  const Result<ConfigFiles> files = source_.Read();
  if (!files) return Fail(files.error());
  const std::string hash = ConfigHash(ViewsOf(*files));
  if (Status written = active_.Write(hash, *files); !written) return written;
  signature_ = *signature;  // taken before the read: a change meanwhile is read again
  if (hash == wanted_) return {};
  log::Info("config wanted", {{"hash", hash}});
  wanted_ = hash;
  retry_delay_ = options_.retry_base;
  if (blame_ && blame_->kind != Blame::Kind::kUntried) blame_.reset();
  return Prune();
}

bool Reloader::CanGoBack() const { return !last_good_.empty() && last_good_ != wanted_; }

const std::string& Reloader::Target() const {
  const bool back = CanGoBack() && (blame_ || wanted_.empty());
  return back ? last_good_ : wanted_;
}

Reloader::Next Reloader::Pursue(std::stop_token stop) {
  const std::string target = Target();
  if (target.empty()) return Next::kWait;
  if (target == current_ && target == loaded_) return Next::kRest;
  // Refused, and nothing to go back to: there is no use in asking again before the blame ends.
  if (target == wanted_ && blame_ && blame_->kind == Blame::Kind::kRefused) return Next::kRest;
  if (target != current_ && (MayBeReading(stop) || AwaitsTurn(target, stop))) return Next::kWait;
  if (const Status installed = Install(target); !installed) {
    trouble_ = installed.error().message;
    return Next::kWait;
  }
  return Prove(target, stop);
}

// Going back waits for nobody.
bool Reloader::AwaitsTurn(const std::string& target, const std::stop_token& stop) {
  return target == wanted_ && CanGoBack() && !turn_.HasCome(target, stop);
}

bool Reloader::MayBeReading(std::stop_token stop) {
  if (operand_ready_ || !switched_) return false;
  return clock_.Now() - *switched_ < options_.start_limit && Probe(stop).answer != Answer::kYes;
}

Reply Reloader::Probe(std::stop_token stop) {
  Reply probe = operand_.Probe(stop);
  operand_ready_ = probe.answer == Answer::kYes;
  return probe;
}

Status Reloader::Install(const std::string& target) {
  if (target == current_) return {};
  if (Status switched = active_.Switch(target); !switched) return switched;
  left_ = current_;
  current_ = target;
  trial_began_ = clock_.Now();
  switched_ = trial_began_;
  Publish();
  return Prune();
}

Status Reloader::Prune() { return active_.Prune({wanted_, current_, left_, last_good_}); }

Reloader::Next Reloader::Prove(const std::string& target, std::stop_token stop) {
  if (!operand_ready_) {
    const Reply probe = Probe(stop);
    if (stop.stop_requested()) return Next::kWait;
    if (!operand_ready_) return OnUnready(target, probe);
  }
  if (blame_ && blame_->kind == Blame::Kind::kUntried) {
    blame_.reset();
    return Next::kAgain;
  }
  const Reply reload = operand_.Reload(stop);
  if (stop.stop_requested()) return Next::kWait;
  loaded_.clear();
  switch (reload.answer) {
    case Answer::kYes:
      return OnProven(target);
    case Answer::kNo:
      return OnRefused(target, reload.text);
    case Answer::kNotYet:
    case Answer::kUnreachable:
      break;
  }
  reloads_unready_.Add();
  return OnUnready(target, reload);
}

Reloader::Next Reloader::OnProven(const std::string& target) {
  log::Info("config loaded", {{"hash", target}});
  reloads_proven_.Add();
  success_time_.Set(std::chrono::duration<double>(clock_.WallNow().time_since_epoch()).count());
  loaded_ = target;
  retry_delay_ = options_.retry_base;
  unready_limit_ = options_.unready_limit;
  left_.clear();
  if (target == last_good_) return Next::kRest;
  last_good_ = target;
  Status kept = active_.MarkGood(target);
  if (kept) kept = Prune();
  if (!kept) trouble_ = kept.error().message;
  return Next::kRest;
}

Reloader::Next Reloader::OnRefused(const std::string& target, const std::string& text) {
  const std::string error = Trimmed(text, kErrorLimit);
  log::Warn("config rejected by the operand", {{"hash", target}, {"error", error}});
  reloads_refused_.Add();
  retry_delay_ = options_.retry_base;
  // Refusing the last good one as well, it needs something else than another config.
  if (target != wanted_) return Next::kWait;
  blame_ = Blame{Blame::Kind::kRefused, error, clock_.Now() + options_.refused_retry};
  return CanGoBack() ? Next::kAgain : Next::kRest;
}

Reloader::Next Reloader::OnUnready(const std::string& target, const Reply& reply) {
  operand_ready_ = false;
  if (!CanGoBack() || clock_.Now() - trial_began_ < unready_limit_) return Next::kWait;
  if (target != wanted_) {
    // It fails with the last good version too, so the wanted one is not to blame. The next trials
    // are longer, because the kubelet restarts a crashing container ever more slowly.
    unready_limit_ = std::min<Duration>(unready_limit_ * 2, options_.unready_limit_max);
    blame_.reset();
    return Next::kAgain;
  }
  const std::string error =
      "the operand was not ready within " + Seconds(unready_limit_) +
      " of getting this config and got the last good one back: " + Trimmed(reply.text, 512);
  log::Warn("config given up", {{"hash", target}, {"error", error}});
  const bool gone = reply.answer == Answer::kUnreachable;
  blame_ = Blame{gone ? Blame::Kind::kFailed : Blame::Kind::kRefused, error,
                 gone ? SteadyTime::max() : clock_.Now() + options_.refused_retry};
  return Next::kAgain;
}

void Reloader::Publish() {
  const bool told = blame_ && blame_->kind != Blame::Kind::kUntried;
  const bool loaded = !wanted_.empty() && loaded_ == wanted_;
  loaded_gauge_.Set(loaded ? 1 : 0);
  const MutexLock lock(mutex_);
  state_ = State{wanted_, loaded_, told ? blame_->error : trouble_, !current_.empty()};
}

SteadyTime Reloader::RetryTime() {
  const SteadyTime when = clock_.Now() + retry_delay_;
  retry_delay_ = std::min<Duration>(retry_delay_ * 2, options_.retry_max);
  return when;
}

}  // namespace belvedere::agent

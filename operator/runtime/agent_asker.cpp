#include "operator/runtime/agent_asker.h"

#include <algorithm>

namespace belvedere::runtime {
namespace {

Duration NextDelay(Duration delay, const AgentAskerOptions& options) {
  return std::min<Duration>(delay * 4 / 3, options.max_delay);
}

}  // namespace

AgentAsker::AgentAsker(Clock& clock, Metrics& metrics, TransportFactory connect,
                       AgentAskerOptions options)
    : clock_(clock),
      connect_(std::move(connect)),
      options_(options),
      answered_(metrics.GetCounter("belvedere_agent_asks_total", "Questions to agents",
                                   {{"result", "answered"}})),
      unanswered_(metrics.GetCounter("belvedere_agent_asks_total", "Questions to agents",
                                     {{"result", "unanswered"}})),
      waiting_(metrics.GetGauge("belvedere_agents_waiting",
                                "Agents that have not reported the wanted config as loaded")) {}

AgentAsker::~AgentAsker() { Stop(); }

void AgentAsker::Start() {
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
}

void AgentAsker::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  const MutexLock lock(mutex_);
  targets_.clear();
  pods_.clear();
  schedule_.clear();
  waiting_.Set(0);
}

void AgentAsker::Want(const Kind& kind, const kube::ObjectKey& key,
                      const std::vector<ReloadTarget>& targets, Asking asking) {
  const Asker asker{&kind, key};
  const MutexLock lock(mutex_);
  std::set<std::string> pods;
  for (const ReloadTarget& wanted : targets) {
    if (wanted.pod_uid.empty() || wanted.agent_url.empty()) continue;
    pods.insert(wanted.pod_uid);
    Target& target = targets_[wanted.pod_uid];
    const bool is_same =
        target.url == wanted.agent_url && target.wanted == wanted.wanted && target.asking == asking;
    target.asker = asker;
    target.asking = asking;
    if (is_same) continue;
    if (target.url != wanted.agent_url) target.transport = nullptr;
    target.url = wanted.agent_url;
    target.wanted = wanted.wanted;
    target.delay = options_.first_delay;
    // Even if the last answer says so already: it may be of a config of long ago.
    Schedule(wanted.pod_uid, target, clock_.Now());
  }
  std::set<std::string> before = std::exchange(pods_[asker], pods);
  for (const std::string& pod : before) {
    if (!pods.contains(pod)) Drop(pod);
  }
  if (pods.empty()) pods_.erase(asker);
}

std::map<std::string, AgentAnswer> AgentAsker::Answers(
    const std::vector<std::shared_ptr<const cache::Pod>>& pods) const {
  const MutexLock lock(mutex_);
  std::map<std::string, AgentAnswer> answers;
  for (const auto& pod : pods) {
    const auto found = targets_.find(pod->uid);
    if (found == targets_.end() || !found->second.answer.has_value()) continue;
    answers.emplace(pod->uid, *found->second.answer);
  }
  return answers;
}

void AgentAsker::Schedule(const std::string& pod_uid, Target& target, SteadyTime due) {
  Unschedule(pod_uid, target);
  target.due = due;
  schedule_.emplace(due, pod_uid);
  waiting_.Set(static_cast<double>(schedule_.size()));
  changed_.notify_one();
}

void AgentAsker::Unschedule(const std::string& pod_uid, Target& target) {
  if (!target.due.has_value()) return;
  schedule_.erase({*target.due, pod_uid});
  target.due.reset();
  waiting_.Set(static_cast<double>(schedule_.size()));
}

void AgentAsker::Drop(const std::string& pod_uid) {
  const auto found = targets_.find(pod_uid);
  if (found == targets_.end()) return;
  Unschedule(pod_uid, found->second);
  targets_.erase(found);
}

void AgentAsker::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string pod_uid;
    {
      MutexLock lock(mutex_);
      const SteadyTime due = schedule_.empty() ? SteadyTime::max() : schedule_.begin()->first;
      if (due > clock_.Now()) {
        clock_.Wait(lock, changed_, due, stop, [this, due]() REQUIRES(mutex_) {
          return !schedule_.empty() && schedule_.begin()->first < due;
        });
        continue;
      }
      pod_uid = schedule_.begin()->second;
      Unschedule(pod_uid, targets_.at(pod_uid));
    }
    AskOne(pod_uid, stop);
  }
}

void AgentAsker::AskOne(const std::string& pod_uid, const std::stop_token& stop) {
  std::shared_ptr<http::Transport> transport;
  std::string url;
  std::string wanted;
  {
    const MutexLock lock(mutex_);
    const auto found = targets_.find(pod_uid);
    if (found == targets_.end()) return;
    transport = found->second.transport;
    url = found->second.url;
    wanted = found->second.wanted;
  }
  if (transport == nullptr) transport = connect_(url);
  auto answer = Ask(*transport, stop);
  if (stop.stop_requested()) return;
  (answer.has_value() ? answered_ : unanswered_).Add();
  Asker asker;
  {
    const MutexLock lock(mutex_);
    const auto found = targets_.find(pod_uid);
    if (found == targets_.end()) return;
    Target& target = found->second;
    const bool is_loaded = answer.has_value() && answer->loaded == target.wanted &&
                           target.asking == Asking::kUntilLoaded;
    // A target that changed while we asked has been scheduled anew.
    if (!is_loaded && !target.due.has_value()) {
      target.transport = transport;
      Schedule(pod_uid, target, clock_.Now() + target.delay);
      target.delay = NextDelay(target.delay, options_);
    } else if (is_loaded) {
      Unschedule(pod_uid, target);
      target.transport = nullptr;
    }
    if (!answer.has_value() || target.answer == *answer) return;
    target.answer = *std::move(answer);
    asker = target.asker;
  }
  if (on_change_) on_change_(*asker.first, asker.second);
}

Result<AgentAnswer> AgentAsker::Ask(http::Transport& transport, const std::stop_token& stop) const {
  const http::Request request{.method = http::Method::kGet,
                              .target = "/v1/config",
                              .headers = {{"Accept", "application/json"}},
                              .body = {}};
  auto response = transport.RoundTrip(request, options_.timeout, stop);
  if (!response.has_value()) return Fail(std::move(response).error());
  if (response->status != 200) return Fail(ErrorCode::kUnavailable, "the agent is not ready");
  const auto body = ParseJson(response->body);
  if (!body.has_value()) return Fail(body.error());
  return AgentAnswer{.loaded = StringAt(*body, "/loaded"),
                     .wanted = StringAt(*body, "/wanted"),
                     .error = StringAt(*body, "/error")};
}

}  // namespace belvedere::runtime

#include "operator/runtime/testing/fake_agents.h"

#include <utility>

namespace belvedere::runtime {

class FakeAgents::Link final : public http::Transport {
 public:
  Link(FakeAgents& agents, std::string url) : agents_(agents), url_(std::move(url)) {}

  Result<http::Response> RoundTrip(const http::Request& request,
                                   std::chrono::milliseconds /*timeout*/,
                                   std::stop_token stop) override {
    if (request.target != "/v1/config") return http::Response{.status = 404};
    return agents_.Ask(url_, stop);
  }
  Result<http::Response> Stream(const http::Request& /*request*/, const http::LineHandler& /*line*/,
                                std::chrono::milliseconds /*idle*/,
                                std::stop_token /*stop*/) override {
    return Fail(ErrorCode::kInternal, "agents do not stream");
  }

 private:
  FakeAgents& agents_;
  const std::string url_;
};

void FakeAgents::Answer(const std::string& url, AgentAnswer answer) {
  const MutexLock lock(mutex_);
  agents_[url].mood = Mood::kAnswers;
  agents_[url].answer = std::move(answer);
  changed_.notify_all();
}

void FakeAgents::Hang(const std::string& url) {
  const MutexLock lock(mutex_);
  agents_[url].mood = Mood::kHangs;
}

void FakeAgents::Refuse(const std::string& url) {
  const MutexLock lock(mutex_);
  agents_[url].mood = Mood::kRefuses;
  changed_.notify_all();
}

std::unique_ptr<http::Transport> FakeAgents::Connect(const std::string& url) {
  return std::make_unique<Link>(*this, url);
}

Result<http::Response> FakeAgents::Ask(const std::string& url, const std::stop_token& stop) {
  MutexLock lock(mutex_);
  Agent& agent = agents_[url];
  ++agent.asked;
  changed_.notify_all();
  changed_.wait(lock, stop, [&agent]() REQUIRES(mutex_) { return agent.mood != Mood::kHangs; });
  if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
  if (agent.mood == Mood::kRefuses) return Fail(ErrorCode::kTransport, "connection refused");
  const Json body{{"wanted", agent.answer.wanted},
                  {"loaded", agent.answer.loaded},
                  {"error", agent.answer.error}};
  return http::Response{.status = 200, .headers = {}, .body = Dump(body)};
}

int FakeAgents::asked(const std::string& url) const {
  const MutexLock lock(mutex_);
  const auto found = agents_.find(url);
  return found == agents_.end() ? 0 : found->second.asked;
}

void FakeAgents::AwaitAsked(const std::string& url, int count) {
  MutexLock lock(mutex_);
  changed_.wait(lock,
                [this, &url, count]() REQUIRES(mutex_) { return agents_[url].asked >= count; });
}

}  // namespace belvedere::runtime

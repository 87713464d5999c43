#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "operator/base/mutex.h"
#include "operator/http/transport.h"
#include "operator/runtime/kind.h"

namespace belvedere::runtime {

// Agents by base URL, in memory. One without an answer refuses the connection; one that hangs
// answers when it is told to, or when the caller is stopped. Thread-safe.
class FakeAgents {
 public:
  void Answer(const std::string& url, AgentAnswer answer);
  void Hang(const std::string& url);
  void Refuse(const std::string& url);

  // For AgentAsker.
  std::unique_ptr<http::Transport> Connect(const std::string& url);

  // Questions to one agent so far.
  int asked(const std::string& url) const;
  void AwaitAsked(const std::string& url, int count);

 private:
  class Link;
  enum class Mood { kAnswers, kHangs, kRefuses };
  struct Agent {
    Mood mood = Mood::kRefuses;
    AgentAnswer answer;
    int asked = 0;
  };

  Result<http::Response> Ask(const std::string& url, const std::stop_token& stop);

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Agent> agents_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::runtime

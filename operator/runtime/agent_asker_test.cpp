#include "operator/runtime/agent_asker.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "operator/base/testing/manual_clock.h"
#include "operator/runtime/testing/fake_agents.h"
#include "operator/runtime/testing/toy_kind.h"

namespace belvedere::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kThreads = 4;

class AgentAskerTest : public testing::Test {
 protected:
  AgentAskerTest() {
    asker_.OnChange([this](const Kind& /*kind*/, const kube::ObjectKey& key) {
      const MutexLock lock(mutex_);
      changes_.push_back(key.name);
      changed_.notify_all();
    });
    asker_.Start();
  }

  static std::string Url(const std::string& pod) { return "http://" + pod + ":9533"; }
  void Want(const std::string& name, const std::vector<std::string>& pods,
            const std::string& wanted) {
    std::vector<ReloadTarget> targets;
    for (const std::string& pod : pods) {
      targets.push_back(
          {.pod = {"toys", pod}, .pod_uid = pod, .agent_url = Url(pod), .wanted = wanted});
    }
    asker_.Want(kind_, {"toys", name}, targets);
  }
  std::optional<AgentAnswer> AnswerOf(const std::string& pod) {
    const auto item = std::make_shared<const cache::Pod>(cache::Pod{.uid = pod});
    const auto answers = asker_.Answers({item});
    const auto found = answers.find(pod);
    if (found == answers.end()) return std::nullopt;
    return found->second;
  }
  void AwaitChanges(std::size_t count) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [this, count]() REQUIRES(mutex_) { return changes_.size() >= count; });
  }
  // Time passes until the agent has been asked so often.
  void PassUntilAsked(const std::string& pod, int count) {
    while (agents_.asked(Url(pod)) < count) {
      clock_.Advance(milliseconds(100));
      std::this_thread::yield();
    }
  }
  // Time passes while nobody is asked.
  void Pass(Duration duration) {
    for (Duration passed{}; passed < duration; passed += seconds(1)) clock_.Advance(seconds(1));
  }

  ManualClock clock_;
  Metrics metrics_;
  ToyKind kind_;
  FakeAgents agents_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> changes_ GUARDED_BY(mutex_);
  AgentAsker asker_{clock_,
                    metrics_,
                    [this](const std::string& url) { return agents_.Connect(url); },
                    {.threads = kThreads}};
};

TEST_F(AgentAskerTest, AsksUntilLoadedAndThenNobody) {
  agents_.Answer(Url("p"), {.loaded = "old", .wanted = "new"});
  Want("a", {"p"}, "new");
  AwaitChanges(1);
  EXPECT_EQ(AnswerOf("p")->loaded, "old");
  agents_.Answer(Url("p"), {.loaded = "new", .wanted = "new"});
  PassUntilAsked("p", 2);
  AwaitChanges(2);
  EXPECT_EQ(AnswerOf("p")->loaded, "new");
  const int asked = agents_.asked(Url("p"));
  EXPECT_EQ(asked, 2);
  Want("a", {"p"}, "new");
  Pass(seconds(3600));
  EXPECT_EQ(agents_.asked(Url("p")), asked) << "at rest nobody is asked";
}

TEST_F(AgentAskerTest, BacksOffWhileNothingChanges) {
  agents_.Answer(Url("p"), {.loaded = "old", .wanted = "new", .error = "line 3: no such field"});
  Want("a", {"p"}, "new");
  AwaitChanges(1);
  const SteadyTime began = clock_.Now();
  for (int i = 2; i < 40; ++i) {
    PassUntilAsked("p", i);
  }
  EXPECT_GE(clock_.Now() - began, seconds(100));
  EXPECT_EQ(AnswerOf("p")->error, "line 3: no such field");
  const MutexLock lock(mutex_);
  EXPECT_EQ(changes_.size(), 1U) << "the same answer again is no change";
}

TEST_F(AgentAskerTest, NewWantedHashAsksAtOnce) {
  agents_.Answer(Url("p"), {.loaded = "one", .wanted = "one"});
  Want("a", {"p"}, "one");
  AwaitChanges(1);
  agents_.Answer(Url("p"), {.loaded = "two", .wanted = "two"});
  Want("a", {"p"}, "two");
  AwaitChanges(2);
  EXPECT_EQ(AnswerOf("p")->loaded, "two");
}

TEST_F(AgentAskerTest, HangingAgentsDoNotDelayOthers) {
  for (const char* pod : {"h1", "h2", "h3"}) agents_.Hang(Url(pod));
  Want("hanging", {"h1", "h2", "h3"}, "x");
  for (const char* pod : {"h1", "h2", "h3"}) agents_.AwaitAsked(Url(pod), 1);
  agents_.Answer(Url("p"), {.loaded = "x", .wanted = "x"});
  Want("a", {"p"}, "x");
  AwaitChanges(1);
  EXPECT_EQ(AnswerOf("p")->loaded, "x");
}

TEST_F(AgentAskerTest, RefusedConnectionsAreTriedAgain) {
  agents_.Refuse(Url("p"));
  Want("a", {"p"}, "x");
  agents_.AwaitAsked(Url("p"), 1);
  EXPECT_FALSE(AnswerOf("p").has_value());
  agents_.Answer(Url("p"), {.loaded = "x", .wanted = "x"});
  PassUntilAsked("p", 2);
  AwaitChanges(1);
  EXPECT_EQ(AnswerOf("p")->loaded, "x");
}

TEST_F(AgentAskerTest, ForgetsPodsThatAreNoLongerTargets) {
  agents_.Answer(Url("p"), {.loaded = "old"});
  Want("a", {"p"}, "new");
  AwaitChanges(1);
  Want("a", {}, "new");
  EXPECT_FALSE(AnswerOf("p").has_value());
  const int asked = agents_.asked(Url("p"));
  Pass(seconds(60));
  EXPECT_LE(agents_.asked(Url("p")), asked + 1) << "at most the question on its way";
}

TEST_F(AgentAskerTest, StopEndsHangingQuestions) {
  agents_.Hang(Url("p"));
  Want("a", {"p"}, "x");
  agents_.AwaitAsked(Url("p"), 1);
  asker_.Stop();
  EXPECT_FALSE(AnswerOf("p").has_value());
}

}  // namespace
}  // namespace belvedere::runtime

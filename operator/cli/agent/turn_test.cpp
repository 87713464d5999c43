#include "operator/cli/agent/turn.h"

#include <gtest/gtest.h>

#include "operator/base/testing/manual_clock.h"
#include "operator/cli/agent/status_handler.h"
#include "operator/http/testing/scripted_transport.h"

namespace belvedere::agent {
namespace {

using namespace std::chrono_literals;

// A replica after one whose agent says `before_`, or is away.
class TurnTest : public testing::Test {
 protected:
  bool HasCome(const std::string& version) { return turn_.HasCome(version, {}); }

  std::optional<State> before_ = State{.wanted = "one", .loaded = "one", .error = ""};
  ManualClock clock_;
  const Metrics metrics_;
  const http::Handler status_ = MakeStatusHandler([this] { return *before_; }, metrics_);
  http::ScriptedTransport transport_{
      [this](const http::Request& request, const std::stop_token&) -> Result<http::Response> {
        if (!before_) return Fail(ErrorCode::kTransport, "connection refused");
        return status_(request);
      }};
  Turn turn_{clock_, {.before = {transport_, "/v1/config", 2s}, .limit = 2min}};
};

TEST_F(TurnTest, ComesOnceTheReplicaBeforeRunsTheVersion) {
  EXPECT_FALSE(HasCome("two")) << "it has not seen it";
  before_ = State{.wanted = "two", .loaded = "one", .error = ""};
  EXPECT_FALSE(HasCome("two")) << "it has not proven it";
  before_ = State{.wanted = "two", .loaded = "two", .error = ""};
  EXPECT_TRUE(HasCome("two"));
}

TEST_F(TurnTest, ComesAfterTheLimitWhereTheReplicaBeforeDoesNothing) {
  before_.reset();
  EXPECT_FALSE(HasCome("two"));
  clock_.Advance(119s);
  EXPECT_FALSE(HasCome("two"));
  clock_.Advance(1s);
  EXPECT_TRUE(HasCome("two"));
  EXPECT_FALSE(HasCome("three")) << "each version has its own time";
}

TEST_F(TurnTest, DoesNotComeForAVersionThatTheReplicaBeforeRefuses) {
  before_ = State{.wanted = "two", .loaded = "one", .error = "line 3: bad"};
  EXPECT_FALSE(HasCome("two"));
  clock_.Advance(24h);
  EXPECT_FALSE(HasCome("two"));
  before_ = State{.wanted = "three", .loaded = "three", .error = ""};
  EXPECT_TRUE(HasCome("three"));
}

TEST_F(TurnTest, OfTheFirstReplicaIsAlways) {
  Turn first(clock_);
  EXPECT_TRUE(first.HasCome("two", {}));
}

TEST(ParseReplicaTest, ReadsTheNamesThatAStatefulSetGives) {
  const auto replica = ParseReplica("prometheus-team-a-12");
  ASSERT_TRUE(replica);
  EXPECT_EQ(replica->set, "prometheus-team-a");
  EXPECT_EQ(replica->ordinal, 12);
  for (const char* name : {"", "laptop", "-1", "prometheus-", "prometheus-x7k2p", "a-1b"}) {
    EXPECT_FALSE(ParseReplica(name)) << name;
  }
}

}  // namespace
}  // namespace belvedere::agent

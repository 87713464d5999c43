#include "operator/cli/agent/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>

#include "operator/base/testing/manual_clock.h"
#include "operator/cli/agent/status_handler.h"
#include "operator/cli/agent/testing/mounts.h"
#include "operator/http/testing/scripted_transport.h"

namespace belvedere::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A program with a config file, as most are: it reads `current` when it starts and when it is told
// to, refuses text with "bad", and dies of text with "crash".
class FakeOperand final : public Operand {
 public:
  explicit FakeOperand(std::filesystem::path active) : active_(std::move(active)) {}

  Reply Probe(std::stop_token) override {
    ++probes;
    if (!Runs()) return {Answer::kUnreachable, "connection refused"};
    return slow ? Reply{Answer::kNotYet, "HTTP 503"} : Reply{Answer::kYes, "ok"};
  }

  Reply Reload(std::stop_token) override {
    ++reloads;
    if (before_reload) before_reload();
    if (!Runs()) return {Answer::kUnreachable, "connection refused"};
    const std::string text = ReadConfig();
    if (text.find("bad") != std::string::npos || refuse_all) {
      return {Answer::kNo, "failed to reload config: line 3: " + text + "\n"};
    }
    if (text.find("crash") != std::string::npos) {
      running.reset();
      return {Answer::kUnreachable, "connection reset"};
    }
    running = text;
    return {Answer::kYes, ""};
  }

  // As the kubelet does after a crash; a program with a config that it cannot take ends at once.
  void Start() {
    const std::string text = ReadConfig();
    if (text.find("bad") == std::string::npos && text.find("crash") == std::string::npos) {
      running = text;
    }
  }

  std::string ReadConfig() const {
    return ReadBytes(active_ / "current/config/main.yml").value_or("");
  }

  std::optional<std::string> running;  // the text it runs; empty: it does not run
  bool down = false;
  bool slow = false;
  bool refuse_all = false;
  int probes = 0;
  int reloads = 0;
  std::function<void()> before_reload;

 private:
  bool Runs() const { return running.has_value() && !down; }
  const std::filesystem::path active_;
};

std::string HashOfText(const std::string& text) { return ConfigHash({{"config/main.yml", text}}); }

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    std::filesystem::create_directory(dir_.path() / "active");
    Restart();
  }

  // The agent's container starts; the volume and the operand stay.
  void Restart() {
    reloader_.emplace(SourceDir(dir_.path() / "source"), ActiveDir(dir_.path() / "active"),
                      operand_, *turn_, clock_, metrics_);
  }
  void Edit(const std::string& text) { mount_.Publish({{"main.yml", text}}); }
  Duration Step() { return reloader_->Step({}) - clock_.Now(); }
  // Steps as the agent's loop does when the source does not change.
  void RunFor(Duration duration) {
    const SteadyTime end = clock_.Now() + duration;
    while (clock_.Now() < end) {
      const Duration wait = reloader_->Step({}) - clock_.Now();
      ASSERT_GT(wait.count(), 0);
      clock_.Advance(std::min<Duration>(wait, end - clock_.Now()));
    }
    reloader_->Step({});
  }
  State state() const { return reloader_->state(); }
  // A pod whose operand runs `text` and has proven it.
  void Settle(const std::string& text) {
    Edit(text);
    Step();
    operand_.Start();
    RunFor(10s);
    ASSERT_EQ(state().loaded, HashOfText(text));
  }
  std::size_t Versions() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path() / "active")) {
      if (entry.path().filename().string().size() == 64) ++count;
    }
    return count;
  }
  double LoadedGauge() { return metrics_.GetGauge("belvedere_agent_config_loaded", "").value(); }
  std::uint64_t Count(const std::string& result) {
    return metrics_.GetCounter("belvedere_agent_reloads_total", "", {{"result", result}}).value();
  }

  const TemporaryDir dir_;
  Mount mount_{dir_.path() / "source", "config"};
  ManualClock clock_;
  Metrics metrics_;
  FakeOperand operand_{dir_.path() / "active"};
  State before_;  // of the replica before this one
  http::ScriptedTransport transport_{
      [this](const http::Request& request, const std::stop_token&) -> Result<http::Response> {
        return MakeStatusHandler([this] { return before_; }, metrics_)(request);
      }};
  std::optional<Turn> turn_{clock_};
  std::optional<Reloader> reloader_;
};

TEST_F(ReloaderTest, CopiesBeforeTheOperandStarts) {
  Edit("one");
  EXPECT_FALSE(state().copied);
  Step();
  EXPECT_TRUE(state().copied);
  EXPECT_EQ(state().wanted, HashOfText("one"));
  EXPECT_EQ(state().loaded, "");
  EXPECT_EQ(state().error, "");
  EXPECT_EQ(operand_.ReadConfig(), "one");
  EXPECT_EQ(operand_.reloads, 0);
  EXPECT_EQ(LoadedGauge(), 0);
}

TEST_F(ReloaderTest, ProvesTheFirstConfigOnceTheOperandIsReady) {
  Edit("one");
  Step();
  operand_.Start();
  operand_.slow = true;
  RunFor(10s);
  EXPECT_EQ(state().loaded, "");
  operand_.slow = false;
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_EQ(operand_.reloads, 1);
  EXPECT_EQ(LoadedGauge(), 1);
  RunFor(1h);
  EXPECT_EQ(operand_.reloads, 1) << "at rest nothing is asked";
}

TEST_F(ReloaderTest, AnEditIsLoadedInOneStep) {
  Settle("one");
  Edit("two");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("two"));
  EXPECT_EQ(operand_.running, "two");
  EXPECT_EQ(Versions(), 1U) << "the old version is gone";
  EXPECT_EQ(ActiveDir(dir_.path() / "active").LastGood(), HashOfText("two"));
}

TEST_F(ReloaderTest, WhatAStartingOperandMayBeReadingStays) {
  Edit("one");
  Step();
  operand_.Start();
  operand_.slow = true;  // with so many rules
  for (const char* text : {"two", "three", "four"}) {
    Edit(text);
    RunFor(4s);
    EXPECT_EQ(operand_.ReadConfig(), "one");
    EXPECT_LE(Versions(), 2U);
  }
  RunFor(4s);
  EXPECT_EQ(operand_.ReadConfig(), "four") << "it may wait for a better one";
  EXPECT_EQ(Versions(), 2U) << "it may still be reading the first";
  operand_.slow = false;
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("four"));
  EXPECT_EQ(Versions(), 1U);
}

TEST_F(ReloaderTest, AnEditIsLoadedOnceTheOperandHasStarted) {
  Edit("one");
  Step();
  operand_.Start();
  operand_.slow = true;
  RunFor(2s);
  operand_.slow = false;
  Edit("two");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST_F(ReloaderTest, WhatAReloadMayBeReadingStaysWhenTheNextConfigComes) {
  Settle("one");
  Edit("two");
  operand_.down = true;  // it does not answer in time
  Step();
  Edit("three");
  Step();
  clock_.Advance(1min);
  Step();
  EXPECT_EQ(operand_.ReadConfig(), "three");
  EXPECT_EQ(Versions(), 3U) << "the last good one, the one that it may be reading, and the next";
}

TEST_F(ReloaderTest, ARejectedConfigLeavesTheLastGoodOneRunning) {
  Settle("one");
  Edit("bad");
  Step();
  EXPECT_EQ(state().wanted, HashOfText("bad"));
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_EQ(state().error, "failed to reload config: line 3: bad");
  EXPECT_EQ(operand_.ReadConfig(), "one") << "a restart of the operand finds the good one";
  EXPECT_EQ(operand_.running, "one");
  EXPECT_EQ(LoadedGauge(), 0);
  EXPECT_EQ(Count("rejected"), 1U);

  Edit("three");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("three"));
  EXPECT_EQ(state().error, "");
}

TEST_F(ReloaderTest, ARejectedConfigIsTriedAgainLater) {
  Settle("one");
  operand_.before_reload = [this] {
    operand_.refuse_all = operand_.ReadConfig() == "two";  // say, a Secret is not mounted yet
  };
  Edit("two");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("one"));
  operand_.before_reload = nullptr;
  operand_.refuse_all = false;
  RunFor(4min);
  EXPECT_EQ(state().loaded, HashOfText("one"));
  RunFor(2min);
  EXPECT_EQ(state().loaded, HashOfText("two"));
  EXPECT_EQ(state().error, "");
}

TEST_F(ReloaderTest, GoingBackToTheLoadedConfigClearsTheError) {
  Settle("one");
  Edit("bad");
  Step();
  Edit("one");
  Step();
  EXPECT_EQ(state().wanted, HashOfText("one"));
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_EQ(state().error, "");
}

TEST_F(ReloaderTest, AFirstConfigThatIsRejectedSaysSo) {
  Edit("one");
  Step();
  operand_.Start();
  operand_.refuse_all = true;
  RunFor(10s);
  EXPECT_EQ(state().loaded, "");
  EXPECT_THAT(state().error, HasSubstr("line 3"));
  const int reloads = operand_.reloads;
  RunFor(2min);
  EXPECT_EQ(operand_.reloads, reloads) << "nothing changed, so nothing is asked";
}

TEST_F(ReloaderTest, AFirstConfigThatKeepsTheOperandDownIsReplacedByTheNext) {
  Edit("bad");
  Step();
  operand_.Start();
  RunFor(10min);
  EXPECT_FALSE(operand_.running);
  EXPECT_EQ(state().error, "") << "the pod's own status tells of a crash";
  Edit("one");
  Step();
  operand_.Start();
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("one"));
}

TEST_F(ReloaderTest, AnUnreachableOperandIsAskedAgainWithBackoff) {
  Settle("one");
  operand_.down = true;
  Edit("two");
  EXPECT_EQ(Step(), 250ms);
  EXPECT_EQ(state().loaded, "") << "nobody knows what it will run when it is back";
  EXPECT_EQ(state().error, "");
  clock_.Advance(250ms);
  EXPECT_EQ(Step(), 500ms);
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(1s);
    Step();
  }
  EXPECT_EQ(Step(), 5s);
  operand_.down = false;
  clock_.Advance(5s);
  Step();
  EXPECT_EQ(state().loaded, HashOfText("two"));
  EXPECT_EQ(Count("unready"), 1U);
}

TEST_F(ReloaderTest, AConfigThatKillsTheOperandIsTakenBackForGood) {
  Settle("one");
  Edit("crash");
  Step();
  EXPECT_FALSE(operand_.running);
  RunFor(59s);
  EXPECT_EQ(operand_.ReadConfig(), "crash");
  RunFor(10s);
  EXPECT_EQ(operand_.ReadConfig(), "one");
  operand_.Start();
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_THAT(state().error, HasSubstr("not ready within 60 s"));
  RunFor(24h);
  EXPECT_EQ(operand_.running, "one");
  Edit("two");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST_F(ReloaderTest, AnOperandThatFailsWithTheLastGoodConfigTooGetsTheWantedOneAgain) {
  Settle("one");
  operand_.down = true;  // say, it needs more memory than it may have
  Edit("two");
  RunFor(61s);
  EXPECT_EQ(operand_.ReadConfig(), "one");
  RunFor(66s);
  EXPECT_EQ(operand_.ReadConfig(), "two");
  EXPECT_EQ(state().error, "");
  RunFor(100s);
  EXPECT_EQ(operand_.ReadConfig(), "two") << "each trial is longer than the one before";
  operand_.down = false;
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST_F(ReloaderTest, ASlowOperandIsNotBlamedOnItsConfigForGood) {
  Settle("one");
  operand_.slow = true;
  operand_.down = true;
  Edit("two");
  Step();
  operand_.down = false;  // back, and reading its log for some minutes
  RunFor(70s);
  EXPECT_EQ(operand_.ReadConfig(), "one");
  operand_.slow = false;
  RunFor(6s);
  EXPECT_EQ(state().loaded, HashOfText("one"));
  RunFor(6min);
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST_F(ReloaderTest, AfterARestartItProvesWhatIsThere) {
  Settle("one");
  const int reloads = operand_.reloads;
  Restart();
  EXPECT_EQ(state().loaded, "");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_EQ(operand_.reloads, reloads + 1);
}

TEST_F(ReloaderTest, AfterARestartTheOperandComesUpWithItsLastGoodConfigFirst) {
  Settle("one");
  operand_.running.reset();
  Edit("bad");
  Restart();
  Step();
  EXPECT_TRUE(state().copied);
  EXPECT_EQ(operand_.ReadConfig(), "one");
  operand_.Start();
  RunFor(10s);
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_THAT(state().error, HasSubstr("line 3: bad"));
}

TEST_F(ReloaderTest, AfterARestartInTheMiddleOfATrialTheLastGoodConfigComesBack) {
  Settle("one");
  Edit("crash");
  Step();
  ASSERT_EQ(operand_.ReadConfig(), "crash");
  Restart();
  Step();
  EXPECT_EQ(operand_.ReadConfig(), "one");
}

TEST_F(ReloaderTest, ATornVolumeCountsAsEmpty) {
  Settle("one");
  ASSERT_TRUE(
      std::filesystem::remove(dir_.path() / "active" / HashOfText("one") / "config/main.yml"));
  Restart();
  Step();
  EXPECT_EQ(operand_.ReadConfig(), "one");
  EXPECT_EQ(state().loaded, HashOfText("one"));
}

TEST_F(ReloaderTest, RapidEditsEndInTheLastOne) {
  Settle("one");
  int left = 5;
  operand_.before_reload = [&] {
    if (left-- > 0) Edit("edit " + std::to_string(left));
  };
  Edit("two");
  for (int i = 0; i < 8; ++i) Step();
  EXPECT_EQ(state().wanted, HashOfText("edit 0"));
  EXPECT_EQ(state().loaded, HashOfText("edit 0"));
  EXPECT_EQ(Versions(), 1U);
}

TEST_F(ReloaderTest, EditsWhileTheOperandIsDownKeepTheLastGoodConfig) {
  Settle("one");
  operand_.down = true;
  for (int i = 0; i < 20; ++i) {
    Edit("edit " + std::to_string(i));
    Step();
  }
  EXPECT_EQ(Versions(), 3U) << "the last good one, one that it may be reading, and the last edit";
  EXPECT_TRUE(ActiveDir(dir_.path() / "active").Intact(HashOfText("one")));
}

TEST_F(ReloaderTest, ASourceThatCannotBeReadIsTold) {
  std::filesystem::remove_all(dir_.path() / "source");
  EXPECT_EQ(Step(), 250ms);
  EXPECT_THAT(state().error, HasSubstr("source"));
  EXPECT_FALSE(state().copied);
}

TEST_F(ReloaderTest, AVolumeThatCannotBeWrittenIsToldAndTriedAgain) {
  Settle("one");
  std::filesystem::rename(dir_.path() / "active", dir_.path() / "away");
  Edit("two");
  Step();
  EXPECT_THAT(state().error, HasSubstr("active"));
  EXPECT_EQ(state().loaded, HashOfText("one"));
  std::filesystem::rename(dir_.path() / "away", dir_.path() / "active");
  Step();
  EXPECT_EQ(state().loaded, HashOfText("two"));
  EXPECT_EQ(state().error, "");
}

// The replica before this one decides when.
class SecondReplicaTest : public ReloaderTest {
 protected:
  SecondReplicaTest() {
    turn_.emplace(clock_, Turn::Options{.before = {transport_, "/v1/config", 2s}, .limit = 2min});
    Restart();
  }
  void BeforeRuns(const std::string& text) {
    before_ = State{.wanted = HashOfText(text), .loaded = HashOfText(text), .error = ""};
  }
};

TEST_F(SecondReplicaTest, LoadsAnotherConfigAfterTheFirst) {
  Settle("one");
  BeforeRuns("one");
  Edit("two");
  RunFor(1min);
  EXPECT_EQ(operand_.ReadConfig(), "one") << "a restart meanwhile finds what it ran";
  EXPECT_EQ(state().wanted, HashOfText("two"));
  EXPECT_EQ(state().loaded, HashOfText("one"));
  EXPECT_EQ(state().error, "");
  BeforeRuns("two");
  RunFor(6s);
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST_F(SecondReplicaTest, LeavesAConfigAloneThatTheFirstRefuses) {
  Settle("one");
  Edit("crash");
  before_ = State{.wanted = HashOfText("crash"), .loaded = HashOfText("one"), .error = "no"};
  RunFor(24h);
  EXPECT_EQ(operand_.running, "one");
  BeforeRuns("three");
  Edit("three");
  RunFor(6s);
  EXPECT_EQ(state().loaded, HashOfText("three"));
}

TEST_F(SecondReplicaTest, GoesBackWithoutWaiting) {
  Settle("one");
  BeforeRuns("bad");
  Edit("bad");
  Step();
  EXPECT_THAT(state().error, HasSubstr("line 3: bad"));
  EXPECT_EQ(state().loaded, HashOfText("one"));
}

TEST_F(SecondReplicaTest, WaitsForItsTurnAfterARestartAsWell) {
  Settle("one");
  BeforeRuns("one");
  Edit("two");
  Step();
  Restart();
  RunFor(1min);
  EXPECT_EQ(operand_.ReadConfig(), "one");
  BeforeRuns("two");
  RunFor(6s);
  EXPECT_EQ(state().loaded, HashOfText("two"));
}

TEST(TrimmedTest, CutsBetweenCharacters) {
  EXPECT_EQ(Trimmed("a\nb\n", 10), "a b");
  EXPECT_EQ(Trimmed("abc", 2), "ab");
  EXPECT_EQ(Trimmed("a\xc3\xa9z", 2), "a");
  EXPECT_EQ(Trimmed("a\xc3\xa9z", 3), "a\xc3\xa9");
  EXPECT_EQ(Trimmed("", 3), "");
}

}  // namespace
}  // namespace belvedere::agent

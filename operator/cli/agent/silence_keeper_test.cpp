#include "operator/cli/agent/silence_keeper.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>

#include "operator/base/json.h"
#include "operator/base/testing/manual_clock.h"
#include "operator/base/testing/temporary_dir.h"
#include "operator/http/testing/scripted_transport.h"

namespace belvedere::agent {
namespace {

using namespace std::chrono_literals;

// What of version 2 of Alertmanager's API has to do with silences.
class FakeAlertmanager {
 public:
  explicit FakeAlertmanager(Clock& clock) : clock_(clock) {}

  Result<http::Response> Answer(const http::Request& request) {
    if (down) return Fail(ErrorCode::kTransport, "connection refused");
    if (request.method == http::Method::kGet) return Json200(List());
    ++writes;
    if (request.method == http::Method::kDelete) {
      silences.at(request.target.substr(std::string("/api/v2/silence/").size()))["ended"] = true;
      return http::Response{.status = 200};
    }
    Json silence = *ParseJson(request.body);
    if (ParseTime(StringAt(silence, "/endsAt")) <= clock_.WallNow()) {
      return http::Response{.status = 400, .body = "\"end time can't be in the past\""};
    }
    if (ParseTime(StringAt(silence, "/startsAt")) < clock_.WallNow() && !silence.contains("id")) {
      silence["startsAt"] = FormatTime(clock_.WallNow());
    }
    const std::string id = StringAt(silence, "/id", "id-" + std::to_string(silences.size()));
    silence["id"] = id;
    silences[id] = silence;
    return Json200({{"silenceID", id}});
  }

  std::string StateOf(const Json& silence) const {
    const bool over = ParseTime(StringAt(silence, "/endsAt")) <= clock_.WallNow();
    if (over || silence.contains("ended")) return "expired";
    return ParseTime(StringAt(silence, "/startsAt")) <= clock_.WallNow() ? "active" : "pending";
  }

  // Reasons of those that last.
  std::vector<std::string> Lasting() const {
    std::vector<std::string> reasons;
    for (const auto& [id, silence] : silences) {
      if (StateOf(silence) != "expired") reasons.push_back(StringAt(silence, "/comment"));
    }
    return reasons;
  }

  std::map<std::string, Json> silences;
  bool down = false;
  int writes = 0;

 private:
  static http::Response Json200(const Json& body) { return {.status = 200, .body = Dump(body)}; }

  Json List() const {
    Json list = Json::array();
    for (const auto& [id, silence] : silences) {
      list.push_back(silence);
      list.back()["status"] = {{"state", StateOf(silence)}};
      list.back().erase("ended");
    }
    return list;
  }

  Clock& clock_;
};

class SilenceKeeperTest : public testing::Test {
 protected:
  SilenceKeeperTest() { std::filesystem::create_directory(Folder()); }

  std::filesystem::path Folder() const { return dir_.path() / "config"; }

  void Want(const std::vector<std::string>& reasons) {
    Json file = Json::array();
    for (const std::string& reason : reasons) {
      file.push_back({{"createdBy", "belvedere: shop/p/" + reason},
                      {"comment", reason},
                      {"startsAt", "2025-12-31T00:00:00Z"},
                      {"endsAt", "2026-01-02T00:00:00Z"},
                      {"matchers", Json::array({{{"name", "policy_name"}, {"value", "p"}}})}});
    }
    std::ofstream(Folder() / "silences.json") << Dump(file);
  }

  // How long the keeper has nothing to do.
  Duration Step() { return keeper_.Step({}) - clock_.Now(); }

  void Wait(Duration duration) {
    clock_.Advance(duration);
    keeper_.Step({});
  }

  TemporaryDir dir_;
  ManualClock clock_;
  Metrics metrics_;
  FakeAlertmanager alertmanager_{clock_};
  http::ScriptedTransport transport_{[this](const http::Request& request, std::stop_token) {
    return alertmanager_.Answer(request);
  }};
  SilenceKeeper keeper_{{transport_, "/api/v2", 1s},
                        clock_,
                        metrics_,
                        {.file = dir_.path() / "config" / "silences.json"}};
};

using Reasons = std::vector<std::string>;

TEST_F(SilenceKeeperTest, SilencesComeChangeAndGoWithTheFile) {
  Want({"a", "b"});
  EXPECT_EQ(Step(), 30s);
  EXPECT_EQ(alertmanager_.Lasting(), (Reasons{"a", "b"}));
  Want({"b"});
  Step();
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"b"});
  std::filesystem::remove(Folder() / "silences.json");
  Step();
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{});
}

TEST_F(SilenceKeeperTest, AtRestItOnlyLooks) {
  Want({"a"});
  Step();
  const std::size_t asked = transport_.requests().size();
  Step();
  EXPECT_EQ(transport_.requests().size(), asked) << "nothing is due yet";
  for (int i = 0; i < 10; ++i) Wait(30s);
  EXPECT_EQ(alertmanager_.writes, 1);
  EXPECT_EQ(transport_.requests().size(), asked + 10);
}

TEST_F(SilenceKeeperTest, OneThatSomebodyEndsComesBackAndOthersAreLeftAlone) {
  Want({"a"});
  Step();
  alertmanager_.silences["theirs"] = {{"id", "theirs"},
                                      {"createdBy", "anna"},
                                      {"comment", "mine"},
                                      {"startsAt", "2026-01-01T00:00:00Z"},
                                      {"endsAt", "2026-01-02T00:00:00Z"},
                                      {"matchers", Json::array()}};
  alertmanager_.silences.at("id-0")["ended"] = true;
  Wait(30s);
  EXPECT_EQ(alertmanager_.Lasting(), (Reasons{"a", "mine"}));
  Want({});
  Step();
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"mine"});
}

TEST_F(SilenceKeeperTest, WaitsForAnOperandThatIsAway) {
  Want({"a"});
  alertmanager_.down = true;
  EXPECT_EQ(Step(), 5s);
  EXPECT_NE(metrics_.Render().find("belvedere_agent_silences_kept 0"), std::string::npos);
  const std::size_t asked = transport_.requests().size();
  Step();
  EXPECT_EQ(transport_.requests().size(), asked);
  alertmanager_.down = false;
  Wait(5s);
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"a"});
  EXPECT_NE(metrics_.Render().find("belvedere_agent_silences_kept 1"), std::string::npos);
  // It forgets all that it had.
  alertmanager_.silences.clear();
  Wait(30s);
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"a"});
}

TEST_F(SilenceKeeperTest, WithoutAConfigItTouchesNothing) {
  Want({"a"});
  Step();
  std::filesystem::remove_all(Folder());
  Wait(30s);
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"a"});
  std::filesystem::create_directory(Folder());
  std::ofstream(Folder() / "silences.json") << "{";
  Wait(30s);
  EXPECT_EQ(alertmanager_.Lasting(), Reasons{"a"}) << "a file that cannot be read says nothing";
}

}  // namespace
}  // namespace belvedere::agent

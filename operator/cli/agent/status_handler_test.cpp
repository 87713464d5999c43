#include "operator/cli/agent/status_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/base/json.h"

namespace belvedere::agent {
namespace {

class StatusHandlerTest : public testing::Test {
 protected:
  http::Response Ask(const std::string& target, http::Method method = http::Method::kGet) {
    return handler_({.method = method, .target = target, .headers = {}, .body = {}});
  }

  State state_;
  Metrics metrics_;
  const http::Handler handler_ = MakeStatusHandler([this] { return state_; }, metrics_);
};

TEST_F(StatusHandlerTest, TellsHashesAndError) {
  state_ = State{.wanted = "w", .loaded = "l", .error = "line 1: \"x\"", .copied = true};
  const http::Response response = Ask("/v1/config?x=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  const Json expected{{"wanted", "w"}, {"loaded", "l"}, {"error", "line 1: \"x\""}};
  EXPECT_EQ(ParseJson(response.body).value(), expected);
}

TEST_F(StatusHandlerTest, IsHealthyOnceAConfigIsThere) {
  state_.error = "source: no such directory";
  EXPECT_EQ(Ask("/healthz").status, 503);
  EXPECT_THAT(Ask("/healthz").body, testing::HasSubstr("no such directory"));
  state_.copied = true;
  EXPECT_EQ(Ask("/healthz").status, 200) << "an error alone must not restart the agent";
}

TEST_F(StatusHandlerTest, ShowsMetrics) {
  metrics_.GetGauge("belvedere_agent_config_loaded", "help").Set(1);
  EXPECT_THAT(Ask("/metrics").body, testing::HasSubstr("belvedere_agent_config_loaded 1"));
}

TEST_F(StatusHandlerTest, RefusesEverythingElse) {
  EXPECT_EQ(Ask("/").status, 404);
  EXPECT_EQ(Ask("/v1/config/x").status, 404);
  EXPECT_EQ(Ask("/v1/config", http::Method::kPost).status, 405);
}

}  // namespace
}  // namespace belvedere::agent

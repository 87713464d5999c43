#include "operator/runtime/probes.h"

#include <gtest/gtest.h>

#include <memory>

#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::runtime {
namespace {

class ProbesTest : public testing::Test {
 protected:
  ProbesTest() {
    server_.OnCreate(kube::types::kTokenReview, [](Json review) {
      const std::string token = StringAt(review, "/spec/token");
      review["status"] = {{"authenticated", token == "alice" || token == "bob"},
                          {"user", {{"username", token}, {"groups", {"g"}}}}};
      return review;
    });
    server_.OnCreate(kube::types::kSubjectAccessReview, [](Json review) {
      const bool asks_right = StringAt(review, "/spec/nonResourceAttributes/path") == "/metrics" &&
                              StringAt(review, "/spec/nonResourceAttributes/verb") == "get" &&
                              At(review, "/spec/groups") == Json::array({"g"});
      review["status"] = {{"allowed", asks_right && StringAt(review, "/spec/user") == "alice"}};
      return review;
    });
    metrics_.GetCounter("sample_total", "help").Add(3);
  }

  static http::Response Get(const http::Handler& handler, const std::string& target,
                            const std::string& authorization = {}) {
    http::Request request{.target = target};
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    return handler(request);
  }
  ProbeSources Sources() {
    return {.metrics = metrics_,
            .is_alive = [this] { return is_alive_; },
            .unready = [this] { return unready_; },
            .before_scrape = [this] { metrics_.GetGauge("fresh", "help").Set(1); }};
  }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ =
      kube::MakeRestClient(server_, clock_, metrics_, {.max_attempts = 1});
  Authorizer authorizer_{*client_, clock_};
  bool is_alive_ = true;
  std::string unready_;
};

TEST_F(ProbesTest, HealthAndReadiness) {
  const auto handler = MakeProbeHandler(Sources(), MetricsPath::kNotServed);
  EXPECT_EQ(Get(handler, "/healthz").status, 200);
  EXPECT_EQ(Get(handler, "/readyz?verbose").status, 200);
  is_alive_ = false;
  unready_ = "Toy, Pod";
  EXPECT_EQ(Get(handler, "/healthz").status, 503);
  EXPECT_EQ(Get(handler, "/readyz").status, 503);
  EXPECT_EQ(Get(handler, "/readyz").body, "waits for Toy, Pod\n");
  EXPECT_EQ(Get(handler, "/metrics").status, 404);
  EXPECT_EQ(Get(handler, "/").status, 404);
  EXPECT_EQ(handler({.method = http::Method::kPost, .target = "/healthz"}).status, 405);
}

TEST_F(ProbesTest, MetricsWithFreshGauges) {
  const auto response = Get(MakeProbeHandler(Sources(), MetricsPath::kServed), "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("sample_total 3"), std::string::npos);
  EXPECT_NE(response.body.find("fresh 1"), std::string::npos);
}

TEST_F(ProbesTest, MetricsOnlyForThoseWhoMay) {
  const auto handler = MakeMetricsHandler(Sources(), authorizer_);
  EXPECT_EQ(Get(handler, "/metrics").status, 401);
  EXPECT_EQ(Get(handler, "/metrics", "Basic YTpi").status, 401);
  EXPECT_EQ(Get(handler, "/metrics", "Bearer stranger").status, 401);
  EXPECT_EQ(Get(handler, "/metrics", "Bearer bob").status, 403);
  EXPECT_EQ(Get(handler, "/metrics", "Bearer alice").status, 200);
  EXPECT_EQ(Get(handler, "/healthz", "Bearer alice").status, 404);
}

TEST_F(ProbesTest, AnswersAreKeptForAMinute) {
  const auto handler = MakeMetricsHandler(Sources(), authorizer_);
  EXPECT_EQ(Get(handler, "/metrics", "Bearer alice").status, 200);
  server_.InjectFault({}, kube::Fault{.count = 1000, .status = 500});
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_EQ(Get(handler, "/metrics", "Bearer alice").status, 200);
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(Get(handler, "/metrics", "Bearer alice").status, 503);
  server_.ClearFaults();
  EXPECT_EQ(Get(handler, "/metrics", "Bearer alice").status, 200);
}

}  // namespace
}  // namespace belvedere::runtime

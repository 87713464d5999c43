#include "operator/kube/rest_client.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "operator/base/testing/manual_clock.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::kube {
namespace {

using namespace std::chrono_literals;

class RestClientTest : public ::testing::Test {
 protected:
  ResourceRef Ref(const std::string& name) const { return {types::kConfigMap, {"ns", name}}; }
  Json Intent(const std::string& name) const {
    return {{"metadata", {{"name", name}, {"namespace", "ns"}}}, {"data", {{"a", "1"}}}};
  }
  // Runs `call` on another thread and moves the clock on by `steps` as soon as it sleeps.
  template <typename Call>
  auto WithTime(const std::vector<Duration>& steps, Call call) {
    std::optional<decltype(call())> result;
    std::thread caller([&] { result = call(); });
    for (const Duration step : steps) {
      clock_.AwaitBlocked(1);
      clock_.Advance(step);
    }
    caller.join();
    return std::move(*result);
  }
  double Counted(const std::string& code, const std::string& method) {
    return static_cast<double>(
        metrics_
            .GetCounter("rest_client_requests_total", "",
                        {{"code", code}, {"method", method}, {"host", "test"}})
            .value());
  }

  ManualClock clock_;
  FakeApiServer fake_{clock_};
  Metrics metrics_;
  std::unique_ptr<Client> client_ =
      MakeRestClient(fake_, clock_, metrics_, {.max_attempts = 3, .host = "test"});
  std::stop_source stop_;
};

TEST_F(RestClientTest, WaitsAsTheServerSays) {
  fake_.EditAs("test", Ref("a"), Json::object());
  fake_.InjectFault({.verb = "get"}, {.status = 429, .retry_after = 3});
  const SteadyTime start = clock_.Now();
  const auto got = WithTime({3s}, [&] { return client_->Get(Ref("a"), {}); });
  EXPECT_TRUE(got);
  EXPECT_EQ(clock_.Now() - start, 3s);
  EXPECT_EQ(Counted("429", "GET"), 1);
  EXPECT_EQ(Counted("200", "GET"), 1);
}

TEST_F(RestClientTest, BacksOffWhereTheServerSaysNothing) {
  fake_.InjectFault({.verb = "list"}, {.count = 2, .status = 503});
  const auto page = WithTime({200ms, 400ms}, [&] { return client_->List(types::kPod, {}, {}); });
  EXPECT_TRUE(page);
}

TEST_F(RestClientTest, GivesUpAfterTheLastAttempt) {
  fake_.InjectFault({.verb = "apply"}, {.count = 3, .status = 429, .retry_after = 1});
  const auto made =
      WithTime({1s, 1s}, [&] { return client_->Apply(types::kConfigMap, Intent("a"), {}, {}); });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kTooManyRequests);
  EXPECT_EQ(made.error().retry_after, 1s);
  EXPECT_EQ(fake_.Requests().size(), 3U);
}

TEST_F(RestClientTest, LeavesALongWaitToTheCaller) {
  fake_.InjectFault({.verb = "get"}, {.status = 503, .retry_after = 60});
  const auto got = client_->Get(Ref("a"), {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().retry_after, 60s);
  EXPECT_EQ(fake_.Requests().size(), 1U);
}

TEST_F(RestClientTest, NeverRepeatsACreationOrAnUpdate) {
  fake_.InjectFault({}, {.count = 9, .status = 429, .retry_after = 1});
  EXPECT_EQ(client_->Create(types::kConfigMap, Intent("a"), {}).error().code,
            ErrorCode::kTooManyRequests);
  Json known = Intent("a");
  known["metadata"]["resourceVersion"] = "1";
  EXPECT_EQ(client_->Update(types::kConfigMap, known, {}).error().code,
            ErrorCode::kTooManyRequests);
  EXPECT_EQ(fake_.Requests().size(), 2U);
}

TEST_F(RestClientTest, DoesNotRepeatWhereTheServerMayBeAtWork) {
  for (const int status : {500, 502, 504}) {
    fake_.ClearLog();
    fake_.InjectFault({}, {.status = status});
    EXPECT_FALSE(client_->Apply(types::kConfigMap, Intent("a"), {}, {}));
    EXPECT_EQ(fake_.Requests().size(), 1U) << status;
  }
}

TEST_F(RestClientTest, AStopEndsTheWait) {
  fake_.InjectFault({.verb = "get"}, {.status = 429, .retry_after = 10});
  std::thread stopper([&] {
    clock_.AwaitBlocked(1);
    stop_.request_stop();
  });
  const auto got = client_->Get(Ref("a"), stop_.get_token());
  stopper.join();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kCanceled);
}

TEST_F(RestClientTest, ALostReplyIsATransportError) {
  fake_.InjectFault({.verb = "apply"},
                    {.when = Fault::When::kAfterCommit, .error = ErrorCode::kTransport});
  const auto made = client_->Apply(types::kConfigMap, Intent("a"), {}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kTransport);
  EXPECT_TRUE(fake_.Find(Ref("a")));
  EXPECT_EQ(Counted("<error>", "PATCH"), 1);
}

TEST_F(RestClientTest, AConflictAboutAnotherObjectIsNoAlreadyExists) {
  class Quota final : public http::Transport {
   public:
    Result<http::Response> RoundTrip(const http::Request&, std::chrono::milliseconds,
                                     std::stop_token) override {
      Json body{{"kind", "Status"}, {"code", 409}, {"reason", "Conflict"}};
      body["details"] = {{"kind", "resourcequotas"}, {"name", "a"}};
      return http::Response{.status = 409, .headers = {}, .body = Dump(body)};
    }
    Result<http::Response> Stream(const http::Request&, const http::LineHandler&,
                                  std::chrono::milliseconds, std::stop_token) override {
      return Fail(ErrorCode::kTransport, "none");
    }
  } quota;
  const auto client = MakeRestClient(quota, clock_, metrics_);
  EXPECT_EQ(client->Apply(types::kConfigMap, Intent("a"), {}, {}).error().code,
            ErrorCode::kConflict);
}

TEST_F(RestClientTest, RefusesWritesWithoutTheirPreconditions) {
  EXPECT_EQ(client_->Delete(Ref("a"), {}, {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->Update(types::kConfigMap, Intent("a"), {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->MergePatch(Ref("a"), {{"data", {}}}, {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->Apply(types::kConfigMap, Intent("a"), {.mode = ApplyMode::kUpdateOwned}, {})
                .error()
                .code,
            ErrorCode::kInvalid);
  EXPECT_TRUE(fake_.Requests().empty());
}

TEST_F(RestClientTest, RawPathsArePaths) {
  EXPECT_EQ(StringAt(*client_->GetRaw("/version", {}), "/minor"), "36");
  EXPECT_EQ(client_->GetRaw("version", {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->GetRaw("/a b", {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->GetRaw("/nothing", {}).error().code, ErrorCode::kNotFound);
}

// A watch on ConfigMaps on a thread of its own.
class WatchTest : public RestClientTest {
 protected:
  ~WatchTest() override { stop_.request_stop(); }

  void Start(WatchOptions options = {}) {
    watcher_ = std::jthread([this, options] {
      outcome_ = client_->Watch(
          types::kConfigMap, options,
          [this](WatchEvent event) { events_.push_back(std::move(event)); }, stop_.get_token());
    });
    fake_.AwaitWatches(types::kConfigMap, 1);
  }
  Status Finish() {
    watcher_.join();
    return outcome_;
  }

  std::vector<WatchEvent> events_;
  Status outcome_;
  std::jthread watcher_;
};

TEST_F(WatchTest, EndsWellWhenTheServerEndsIt) {
  Start();
  fake_.EditAs("test", Ref("a"), Json::object());
  fake_.SendBookmarks();
  fake_.EndWatches();
  EXPECT_TRUE(Finish());
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(events_[0].type, WatchEventType::kAdded);
  EXPECT_EQ(events_[1].type, WatchEventType::kBookmark);
  EXPECT_EQ(ResourceVersionOf(events_[1].object), fake_.version());
}

TEST_F(WatchTest, AnErrorEventEndsIt) {
  Start();
  fake_.SendWatchError(types::kConfigMap, 410, "Expired");
  const Status ended = Finish();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kGone);
  EXPECT_EQ(ended.error().reason, "Expired");
}

TEST_F(WatchTest, SkipsLinesThatMakeNoSense) {
  Start();
  fake_.SendLine(types::kConfigMap, "{half a li");
  fake_.SendLine(types::kConfigMap, R"({"type":"ODD","object":{}})");
  fake_.EditAs("test", Ref("a"), Json::object());
  fake_.EndWatches();
  EXPECT_TRUE(Finish());
  EXPECT_EQ(events_.size(), 1U);
  EXPECT_EQ(metrics_.GetCounter("rest_client_watch_undecodable_total", "", {{"kind", "ConfigMap"}})
                .value(),
            2U);
}

TEST_F(WatchTest, TellsAResetFromAnEnd) {
  Start();
  fake_.EndWatches(WatchEnd::kReset);
  EXPECT_EQ(Finish().error().code, ErrorCode::kTransport);
}

TEST_F(WatchTest, AStopEndsIt) {
  Start();
  stop_.request_stop();
  EXPECT_EQ(Finish().error().code, ErrorCode::kCanceled);
}

TEST_F(WatchTest, ARefusedWatchIsAnError) {
  fake_.InjectFault({.verb = "watch"}, {.status = 403, .reason = "Forbidden"});
  const Status ended = client_->Watch(
      types::kConfigMap, {}, [](const WatchEvent&) {}, stop_.get_token());
  EXPECT_EQ(ended.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(Counted("403", "GET"), 1);
}

}  // namespace
}  // namespace belvedere::kube

#include "operator/cli/agent/operand.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace belvedere::agent {
namespace {

class OneAnswer final : public http::Transport {
 public:
  Result<http::Response> RoundTrip(const http::Request& request, std::chrono::milliseconds,
                                   std::stop_token) override {
    requests.push_back(request);
    return answer;
  }
  Result<http::Response> Stream(const http::Request&, const http::LineHandler&,
                                std::chrono::milliseconds, std::stop_token) override {
    return Fail(ErrorCode::kInternal, "not used by the agent");
  }

  Result<http::Response> answer = http::Response{};
  std::vector<http::Request> requests;
};

class HttpOperandTest : public testing::Test {
 protected:
  Reply ReloadWith(Result<http::Response> answer) {
    transport_.answer = std::move(answer);
    return operand_.Reload({});
  }

  OneAnswer transport_;
  HttpOperand operand_{{transport_, "/-/ready", std::chrono::seconds(1)},
                       {transport_, "/-/reload", std::chrono::seconds(1)}};
};

TEST_F(HttpOperandTest, GetsReadyAndPostsReload) {
  transport_.answer = http::Response{.status = 200, .headers = {}, .body = ""};
  EXPECT_EQ(operand_.Probe({}).answer, Answer::kYes);
  EXPECT_EQ(operand_.Reload({}).answer, Answer::kYes);
  ASSERT_EQ(transport_.requests.size(), 2U);
  EXPECT_EQ(transport_.requests[0].method, http::Method::kGet);
  EXPECT_EQ(transport_.requests[0].target, "/-/ready");
  EXPECT_EQ(transport_.requests[1].method, http::Method::kPost);
  EXPECT_EQ(transport_.requests[1].target, "/-/reload");
}

TEST_F(HttpOperandTest, ARefusalCarriesTheOperandsWords) {
  const Reply reply = ReloadWith(http::Response{.status = 500, .headers = {}, .body = "line 7"});
  EXPECT_EQ(reply.answer, Answer::kNo);
  EXPECT_EQ(reply.text, "line 7");
  EXPECT_EQ(ReloadWith(http::Response{.status = 403, .headers = {}, .body = ""}).text, "HTTP 403");
}

TEST_F(HttpOperandTest, TellsNotYetFromNobodyThere) {
  EXPECT_EQ(ReloadWith(http::Response{.status = 503, .headers = {}, .body = ""}).answer,
            Answer::kNotYet);
  EXPECT_EQ(ReloadWith(Fail(ErrorCode::kTimeout, "late")).answer, Answer::kNotYet);
  EXPECT_EQ(ReloadWith(Fail(ErrorCode::kTransport, "refused")).answer, Answer::kUnreachable);
}

// Answers each request with the next of `answers`, the last one again and again.
class Script final : public http::Transport {
 public:
  explicit Script(std::vector<Result<http::Response>> answers) : answers_(std::move(answers)) {}

  Result<http::Response> RoundTrip(const http::Request& request, std::chrono::milliseconds,
                                   std::stop_token) override {
    posts += request.method == http::Method::kPost ? 1 : 0;
    const std::size_t at = std::min(next_++, answers_.size() - 1);
    return answers_[at];
  }
  Result<http::Response> Stream(const http::Request&, const http::LineHandler&,
                                std::chrono::milliseconds, std::stop_token) override {
    return Fail(ErrorCode::kInternal, "not used by the agent");
  }

  int posts = 0;

 private:
  std::vector<Result<http::Response>> answers_;
  std::size_t next_ = 0;
};

Result<http::Response> Ok(const std::string& body) {
  return http::Response{.status = 200, .headers = {}, .body = body};
}

Reply ReloadCounting(Script script, std::chrono::milliseconds timeout = {}) {
  CountingOperand operand({script, "/api/v2/health", std::chrono::seconds(1)},
                          {script, "/api/v2/reload", std::chrono::seconds(1)},
                          {.counter = "count",
                           .clock = RealClock(),
                           .timeout = timeout,
                           .poll = std::chrono::milliseconds(1)});
  return operand.Reload({});
}

TEST(CountingOperandTest, ARisenCountIsTheOnlyProof) {
  const auto refused = Fail(ErrorCode::kTransport, "refused");
  EXPECT_EQ(ReloadCounting(Script({Ok(R"({"count":1})"), Ok("done"), Ok(R"({"count":1})"),
                                   Result<http::Response>(refused), Ok(R"({"count":2})")}),
                           std::chrono::hours(1))
                .answer,
            Answer::kYes);
  const Reply same =
      ReloadCounting(Script({Ok(R"({"count":1})"), Ok("done"), Ok(R"({"count":1})")}));
  EXPECT_EQ(same.answer, Answer::kNo);
  EXPECT_NE(same.text.find("count stayed the same"), std::string::npos);
}

TEST(CountingOperandTest, TellsWhatStandsInTheWay) {
  const Result<http::Response> refused = Fail(ErrorCode::kTransport, "refused");
  EXPECT_EQ(ReloadCounting(Script({refused})).answer, Answer::kUnreachable);
  // It was there, and ended with the new config.
  EXPECT_EQ(ReloadCounting(Script({Ok(R"({"count":1})"), Ok("done"), refused})).answer,
            Answer::kUnreachable);
  EXPECT_EQ(ReloadCounting(Script({Ok("{}")})).answer, Answer::kNo);
  EXPECT_EQ(ReloadCounting(Script({Ok("no JSON")})).answer, Answer::kNo);
}

TEST(ParseEndpointTest, SplitsServerAndPath) {
  EXPECT_EQ(ParseEndpoint("http://127.0.0.1:9090/-/reload")->base, "http://127.0.0.1:9090");
  EXPECT_EQ(ParseEndpoint("http://127.0.0.1:9090/-/reload")->target, "/-/reload");
  EXPECT_EQ(ParseEndpoint("http://[::1]:9090")->target, "/");
  EXPECT_EQ(ParseEndpoint("ftp://x/").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(ParseEndpoint("http:///x").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(ParseEndpoint("localhost:9090").error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace belvedere::agent

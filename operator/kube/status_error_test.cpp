#include "operator/kube/status_error.h"

#include <gtest/gtest.h>

#include <map>

namespace belvedere::kube {
namespace {

http::Response StatusResponse(int code, const std::string& reason) {
  return {.status = code,
          .headers = {},
          .body = Dump(
              Json{{"kind", "Status"}, {"reason", reason}, {"message", "why"}, {"code", code}})};
}

TEST(StatusErrorTest, EveryStatusHasACode) {
  const std::map<int, ErrorCode> expected{{307, ErrorCode::kInternal},
                                          {400, ErrorCode::kInvalid},
                                          {401, ErrorCode::kUnauthorized},
                                          {403, ErrorCode::kForbidden},
                                          {404, ErrorCode::kNotFound},
                                          {405, ErrorCode::kInvalid},
                                          {408, ErrorCode::kUnavailable},
                                          {409, ErrorCode::kConflict},
                                          {410, ErrorCode::kGone},
                                          {413, ErrorCode::kInvalid},
                                          {415, ErrorCode::kInvalid},
                                          {422, ErrorCode::kInvalid},
                                          {429, ErrorCode::kTooManyRequests},
                                          {500, ErrorCode::kInternal},
                                          {502, ErrorCode::kUnavailable},
                                          {503, ErrorCode::kUnavailable},
                                          {504, ErrorCode::kUnavailable}};
  for (const auto& [status, code] : expected) {
    const Error error = ReadRefusal({.status = status, .headers = {}, .body = "<html>"}).error;
    EXPECT_EQ(error.code, code) << status;
    EXPECT_EQ(error.http_status, status);
    EXPECT_EQ(error.message, "HTTP status " + std::to_string(status));
  }
}

TEST(StatusErrorTest, TheReasonRefinesTheStatus) {
  EXPECT_EQ(ReadRefusal(StatusResponse(409, "AlreadyExists")).error.code,
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(ReadRefusal(StatusResponse(409, "Conflict")).error.code, ErrorCode::kConflict);
  EXPECT_EQ(ReadRefusal(StatusResponse(500, "ServerTimeout")).error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(ReadRefusal(StatusResponse(410, "Expired")).error.code, ErrorCode::kGone);
  EXPECT_EQ(ReadRefusal(StatusResponse(409, "Conflict")).error.message, "why");
}

TEST(StatusErrorTest, ReadsHowLongToWait) {
  http::Response response = StatusResponse(429, "TooManyRequests");
  EXPECT_FALSE(ReadRefusal(response).error.retry_after);
  response.headers["retry-after"] = "7";
  EXPECT_EQ(ReadRefusal(response).error.retry_after, std::chrono::seconds(7));
  for (const char* bad : {"", "-1", "0", "Wed, 21 Oct 2026 07:28:00 GMT", "7s"}) {
    response.headers["retry-after"] = bad;
    EXPECT_FALSE(ReadRefusal(response).error.retry_after) << bad;
  }
  response.headers["retry-after"] = "999999999999";
  EXPECT_EQ(ReadRefusal(response).error.retry_after, std::chrono::hours(1));
  response.headers.clear();
  response.body = Dump(Json{{"kind", "Status"}, {"details", {{"retryAfterSeconds", 3}}}});
  EXPECT_EQ(ReadRefusal(response).error.retry_after, std::chrono::seconds(3));
}

TEST(StatusErrorTest, ReadsFieldsAndSubject) {
  const Json causes = Json::array({{{"field", "metadata.uid"}}, {{"reason", "no field"}}});
  const Json status{{"kind", "Status"},
                    {"code", 422},
                    {"details", {{"kind", "configmaps"}, {"name", "a"}, {"causes", causes}}}};
  const Refusal refusal = ReadStatus(status, 500);
  EXPECT_EQ(refusal.error.http_status, 422);
  EXPECT_TRUE(refusal.Names("metadata.uid"));
  EXPECT_FALSE(refusal.Names("metadata.name"));
  EXPECT_TRUE(refusal.IsAbout("configmaps", "a"));
  EXPECT_FALSE(refusal.IsAbout("configmaps", "b"));
  EXPECT_FALSE(refusal.IsAbout("resourcequotas", "a"));
}

TEST(StatusErrorTest, SurvivesOddBodies) {
  for (const char* body : {"", "null", "[]", "{}", R"({"kind":"Status","code":"x","reason":7})",
                           R"({"kind":"Status","details":[],"message":null})"}) {
    EXPECT_EQ(ReadRefusal({.status = 404, .headers = {}, .body = body}).error.code,
              ErrorCode::kNotFound)
        << body;
  }
  const std::string huge(100'000, 'x');
  EXPECT_LE(ReadStatus({{"message", huge}, {"reason", huge}}, 500).error.message.size(), 1024U);
}

}  // namespace
}  // namespace belvedere::kube

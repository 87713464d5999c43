#include "operator/http/cpprest_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "operator/http/testing/transport_fixture.h"

namespace belvedere::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// For requests that a test expects to run into their deadline.
constexpr milliseconds kShort{50};

ByteServer::Script AnswerAll(const std::string& response) {
  return [response](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Write(response);
  };
}

void ExpectError(const Result<Response>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value()) << "status " << result->status;
  EXPECT_EQ(result.error().code, code) << result.error().message;
  EXPECT_FALSE(result.error().message.empty());
}

TEST(CpprestTransportTest, SendsTheRequestAsGivenAndReturnsTheWholeResponse) {
  std::string seen;
  ByteServer server([&seen](Connection& connection) {
    seen = connection.ReadRequest();
    connection.Write(HttpResponse(201, "{\"ok\":true}", "X-Mixed-CASE: Yes\r\n"));
  });
  TestClient client(server.url(), {.bearer_token = "t0ken"});
  const auto result = client.transport->RoundTrip(
      {.method = Method::kPatch,
       .target = "/apis/a.b/v1/x%2Fy?fieldManager=m&labelSelector=a%3Db%2Cc%20in%20%28d%29",
       .headers = {{"Content-Type", "application/apply-patch+yaml"}},
       .body = "{\"a\":\"\xC3\xA9\"}"},
      std::chrono::seconds(30), {});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->status, 201);
  EXPECT_EQ(result->body, "{\"ok\":true}");
  EXPECT_EQ(result->headers.at("x-mixed-case"), "Yes");
  EXPECT_THAT(seen, testing::StartsWith("PATCH /apis/a.b/v1/x%2Fy?fieldManager=m&labelSelector="
                                        "a%3Db%2Cc%20in%20%28d%29 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Type:application/apply-patch+yaml\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("text/plain")));
  EXPECT_THAT(seen, HasSubstr("Authorization:Bearer t0ken\r\n"));
  EXPECT_THAT(seen, HasSubstr("User-Agent:belvedere-test\r\n"));
  EXPECT_THAT(seen, HasSubstr("Accept:application/json\r\n"));
  EXPECT_THAT(seen, testing::EndsWith("\r\n\r\n{\"a\":\"\xC3\xA9\"}"));
}

TEST(CpprestTransportTest, EveryStatusIsAResponse) {
  for (const int status : {200, 400, 404, 409, 410, 429, 500, 503}) {
    ByteServer server(AnswerAll(HttpResponse(status, "why", "Retry-After: 7\r\n")));
    TestClient client(server.url());
    const auto result = client.Get();
    ASSERT_TRUE(result.has_value()) << status << result.error().message;
    EXPECT_EQ(result->status, status);
    EXPECT_EQ(result->body, "why");
    EXPECT_EQ(result->headers.at("retry-after"), "7");
  }
}

TEST(CpprestTransportTest, AResponseMayHaveNoBody) {
  ByteServer server(AnswerAll("HTTP/1.1 204 No Content\r\n\r\n"));
  TestClient client(server.url());
  const auto result = client.Get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->status, 204);
  EXPECT_EQ(result->body, "");
}

TEST(CpprestTransportTest, RedirectsAreNotFollowedAndTakeNoToken) {
  ByteServer elsewhere(AnswerAll(HttpResponse(200, "")));
  ByteServer server(AnswerAll(HttpResponse(307, "", "Location: " + elsewhere.url() + "/\r\n")));
  TestClient client(server.url(), {.bearer_token = "secret"});
  const auto result = client.Get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->status, 307);
  EXPECT_EQ(elsewhere.accepted(), 0);
}

// A connection goes back to the pool a moment after its response has been handed over, so that the
// next request may just miss it.
TEST(CpprestTransportTest, RequestsShareConnections) {
  constexpr int kRequests = 20;
  ByteServer server(AnswerAll(HttpResponse(200, "")));
  TestClient client(server.url());
  for (int i = 0; i < kRequests; ++i) ASSERT_TRUE(client.Get().has_value());
  EXPECT_LT(server.accepted(), kRequests);
}

TEST(CpprestTransportTest, EachRequestTakesTheCurrentToken) {
  ByteServer server([](Connection& connection) {
    for (std::string request; !(request = connection.ReadRequest()).empty();) {
      connection.Write(HttpResponse(200, request));
    }
  });
  TestClient client(server.url(), {.bearer_token = "first"});
  EXPECT_THAT(client.Get()->body, HasSubstr("Bearer first"));
  client.credentials.Set({.bearer_token = "second"});
  EXPECT_THAT(client.Get()->body, HasSubstr("Bearer second"));
  client.credentials.Set({});
  EXPECT_THAT(client.Get()->body, Not(HasSubstr("Authorization")));
}

TEST(CpprestTransportTest, CompressedBodiesAreDecoded) {
  // printf 'hello hello hello hello\n' | gzip -n9
  const std::string packed = std::string(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\xb9\x00\x00\x88"
      "\x59\x0b\x18\x00\x00\x00",
      29);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
  std::atomic<bool> asked{false};
  ByteServer server([&](Connection& connection) {
    asked = connection.ReadRequest().find("gzip") != std::string::npos;
    connection.Write(head + "Content-Length: " + std::to_string(packed.size()) + "\r\n\r\n" +
                     packed);
    connection.ReadRequest();
    connection.Write(head + "Transfer-Encoding: chunked\r\n\r\n");
    connection.WriteChunk(packed.substr(0, 14));
    connection.WriteChunk(packed.substr(14));
    connection.EndChunks();
    connection.AwaitClosed();
  });
  TestClient client(server.url());
  for (int i = 0; i < 2; ++i) {
    const auto result = client.Get();
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->body, "hello hello hello hello\n");
  }
  EXPECT_TRUE(asked);
}

TEST(CpprestTransportTest, ALargeBodyArrivesWhole) {
  const std::string body(24 * 1024 * 1024, 'x');
  ByteServer server(AnswerAll(HttpResponse(200, body)));
  TestClient client(server.url());
  const auto result = client.Get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_TRUE(result->body == body);
}

TEST(CpprestTransportTest, BrokenConnectionsAreTransportErrors) {
  const std::pair<const char*, ByteServer::Script> kScripts[] = {
      {"reset before the head",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Reset();
       }},
      {"close before the head", [](Connection& connection) { connection.ReadRequest(); }},
      {"close within the head",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 O");
       }},
      {"close within the body",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
       }},
      {"close within a chunk",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write(ChunkedHead() + "a\r\nhalf");
       }},
      {"reset within a chunk",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write(ChunkedHead() + "a\r\nhalf");
         connection.Reset();
       }},
      {"chunk size that is no number",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write(ChunkedHead() + "zz\r\nhalf\r\n");
         connection.AwaitClosed();
       }},
      {"not HTTP",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("SSH-2.0-OpenSSH\r\n\r\n");
         connection.AwaitClosed();
       }},
  };
  for (const auto& [name, script] : kScripts) {
    SCOPED_TRACE(name);
    ByteServer server(script);
    TestClient client(server.url());
    ExpectError(client.Get(), ErrorCode::kTransport);
  }
}

TEST(CpprestTransportTest, ARefusedConnectionIsATransportError) {
  std::string url;
  {
    ByteServer gone(AnswerAll(""));
    url = gone.url();
  }
  TestClient client(url);
  ExpectError(client.Get(), ErrorCode::kTransport);
}

TEST(CpprestTransportTest, ASilentPeerIsATimeout) {
  ByteServer server([](Connection& connection) { connection.AwaitClosed(); });
  TestClient client(server.url());
  ExpectError(client.Get("/", kShort), ErrorCode::kTimeout);
}

TEST(CpprestTransportTest, ABodyThatTricklesForEverIsATimeout) {
  ByteServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write(ChunkedHead());
    while (connection.WriteChunk("x")) std::this_thread::sleep_for(milliseconds(1));
  });
  TestClient client(server.url());
  ExpectError(client.Get("/", kShort), ErrorCode::kTimeout);
}

TEST(CpprestTransportTest, AStopEndsARequestBeforeTheHead) {
  std::stop_source stop;
  ByteServer server([&stop](Connection& connection) {
    connection.ReadRequest();
    stop.request_stop();
    connection.AwaitClosed();
  });
  TestClient client(server.url());
  ExpectError(client.Get("/", std::chrono::hours(1), stop.get_token()), ErrorCode::kCanceled);
  ExpectError(client.Get("/", std::chrono::hours(1), stop.get_token()), ErrorCode::kCanceled);
}

TEST(CpprestTransportTest, AStopEndsARequestWithinTheBody) {
  std::stop_source stop;
  ByteServer server([&stop](Connection& connection) {
    connection.ReadRequest();
    connection.Write(ChunkedHead() + "5\r\nhello\r\n");
    stop.request_stop();
    connection.AwaitClosed();
  });
  TestClient client(server.url());
  ExpectError(client.Get("/", std::chrono::hours(1), stop.get_token()), ErrorCode::kCanceled);
}

TEST(CpprestTransportTest, NoMoreRequestsThanAllowedAreUnderWay) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::latch two_arrived(2);
  ByteServer server([&](Connection& connection) {
    while (!connection.ReadRequest().empty()) {
      const int here = ++now;
      for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
      }
      if (connection.number() < 2 && !two_arrived.try_wait()) two_arrived.arrive_and_wait();
      --now;
      connection.Write(HttpResponse(200, ""));
    }
  });
  TestClient client(server.url(), {}, "", 2);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&client] { EXPECT_TRUE(client.Get().has_value()); });
    }
  }
  EXPECT_EQ(most, 2);
}

TEST(CpprestTransportTest, WaitingForASlotEndsWithTheDeadlineOrAStop) {
  std::stop_source stop;
  std::latch arrived(1);
  ByteServer server([&arrived](Connection& connection) {
    connection.ReadRequest();
    arrived.count_down();
    connection.AwaitClosed();
  });
  TestClient client(server.url(), {}, "", 1);
  std::jthread holder([&] {
    ExpectError(client.Get("/", std::chrono::hours(1), stop.get_token()), ErrorCode::kCanceled);
  });
  arrived.wait();
  ExpectError(client.Get("/", kShort), ErrorCode::kTimeout);
  std::stop_source stopped;
  stopped.request_stop();
  ExpectError(client.Get("/", std::chrono::hours(1), stopped.get_token()), ErrorCode::kCanceled);
  stop.request_stop();
}

// Not what one would wish, but what every caller has to live with (see cpprest_transport.h).
TEST(CpprestTransportTest, APostOnAPooledConnectionThatDiesIsSentTwice) {
  std::atomic<int> answered{0};
  std::atomic<int> swallowed{0};
  ByteServer server([&](Connection& connection) {
    connection.ReadRequest();
    ++answered;
    connection.Write(HttpResponse(200, ""));
    if (!connection.ReadRequest().empty()) ++swallowed;
  });
  TestClient client(server.url());
  const Request post{.method = Method::kPost, .target = "/", .body = "{}"};
  int calls = 0;
  for (; swallowed == 0; ++calls) {
    ASSERT_TRUE(client.transport->RoundTrip(post, std::chrono::seconds(30), {}).has_value());
  }
  EXPECT_EQ(answered, calls);
}

TEST(CpprestTransportTest, UnusableUrlsAndTargetsAreInvalid) {
  for (const char* url : {"", "https://[::1]:6443", "not a url", "http://"}) {
    SCOPED_TRACE(url);
    TestClient client(url);
    ExpectError(client.Get(), ErrorCode::kInvalid);
  }
  TestClient client("http://127.0.0.1:1");
  ExpectError(client.Get("/a b\r\nX: y"), ErrorCode::kInvalid);
}

TEST(CpprestTransportTest, ManyRequestsCanceledAndTimedOutLeaveItUsable) {
  std::atomic<bool> answer{false};
  ByteServer server([&answer](Connection& connection) {
    while (!connection.ReadRequest().empty()) {
      if (!answer) return connection.AwaitClosed();
      connection.Write(HttpResponse(200, "ok"));
    }
  });
  TestClient client(server.url());
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&client, i] {
        for (int n = 0; n < 20; ++n) {
          std::stop_source stop;
          std::jthread stopper;
          if (i % 2 == 0) stopper = std::jthread([&stop] { stop.request_stop(); });
          EXPECT_FALSE(client.Get("/", milliseconds(2), stop.get_token()).has_value());
        }
      });
    }
  }
  answer = true;
  EXPECT_TRUE(client.Get().has_value());
}

}  // namespace
}  // namespace belvedere::http

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include "operator/http/testing/transport_fixture.h"

namespace belvedere::http {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds kLong{std::chrono::hours(1)};
constexpr milliseconds kShort{50};

// Writes the head of a chunked 200 and then what `rest` writes.
ByteServer::Script Chunked(const std::function<void(Connection&)>& rest) {
  return [rest](Connection& connection) {
    if (connection.ReadRequest().empty()) return;
    connection.Write(ChunkedHead());
    rest(connection);
  };
}

struct Watch {
  std::vector<std::string> lines;
  Result<Response> result;
};

Watch Stream(TestClient& client, milliseconds idle = kLong, const std::stop_token& stop = {}) {
  Watch watch;
  watch.result = client.transport->Stream(
      {.target = "/watch"}, [&watch](std::string_view line) { watch.lines.emplace_back(line); },
      idle, stop);
  return watch;
}

void ExpectError(const Result<Response>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value()) << "status " << result->status;
  EXPECT_EQ(result.error().code, code) << result.error().message;
}

TEST(CpprestStreamTest, LinesArriveHoweverTheyAreChunked) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("one\ntwo\nth");
    connection.WriteChunk("ree \xC3");
    connection.WriteChunk("\xA9\r\n");
    connection.WriteChunk("\n");
    connection.WriteChunk("four\n");
    connection.EndChunks();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  const Watch watch = Stream(client);
  ASSERT_TRUE(watch.result.has_value()) << watch.result.error().message;
  EXPECT_EQ(watch.result->status, 200);
  EXPECT_EQ(watch.result->body, "");
  EXPECT_EQ(watch.result->headers.at("content-type"), "application/json");
  EXPECT_THAT(watch.lines, ElementsAre("one", "two", "three \xC3\xA9", "four"));
}

TEST(CpprestStreamTest, ALineIsHandedOverWhileTheResponseGoesOn) {
  std::latch handled(1);
  ByteServer server(Chunked([&handled](Connection& connection) {
    connection.WriteChunk("first\n");
    handled.wait();  // the server goes on only after the client has had the line
    connection.EndChunks();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  const auto result = client.transport->Stream(
      {.target = "/"}, [&handled](std::string_view /*line*/) { handled.count_down(); }, kLong, {});
  EXPECT_TRUE(result.has_value());
}

TEST(CpprestStreamTest, OtherThan2xxGivesItsBodyAndNoLines) {
  ByteServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpResponse(410, "{\"reason\":\"Expired\"}\n", "Retry-After: 1\r\n"));
  });
  TestClient client(server.url());
  const Watch watch = Stream(client);
  ASSERT_TRUE(watch.result.has_value()) << watch.result.error().message;
  EXPECT_EQ(watch.result->status, 410);
  EXPECT_EQ(watch.result->body, "{\"reason\":\"Expired\"}\n");
  EXPECT_EQ(watch.result->headers.at("retry-after"), "1");
  EXPECT_THAT(watch.lines, IsEmpty());
}

TEST(CpprestStreamTest, AnErrorBodyThatNeverEndsIsCutOff) {
  ByteServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string piece(1000, 'e');
    while (connection.WriteChunk(piece)) {
    }
  });
  TestClient client(server.url());
  const Watch watch = Stream(client);
  ASSERT_TRUE(watch.result.has_value()) << watch.result.error().message;
  EXPECT_EQ(watch.result->status, 500);
  EXPECT_EQ(watch.result->body.size(), 64U * 1024);
}

TEST(CpprestStreamTest, SilenceIsATimeoutAfterTheLinesThatCame) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("one\n");
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  const Watch watch = Stream(client, kShort);
  ExpectError(watch.result, ErrorCode::kTimeout);
  EXPECT_THAT(watch.lines, ElementsAre("one"));
}

TEST(CpprestStreamTest, APeerThatNeverAnswersIsATimeout) {
  ByteServer server([](Connection& connection) { connection.AwaitClosed(); });
  TestClient client(server.url());
  ExpectError(Stream(client, kShort).result, ErrorCode::kTimeout);
}

TEST(CpprestStreamTest, AHandlerSlowerThanTheIdleLimitIsNoTimeout) {
  std::latch all_sent(1);
  ByteServer server(Chunked([&all_sent](Connection& connection) {
    for (int i = 0; i < 3; ++i) connection.WriteChunk("line\n");
    connection.EndChunks();
    all_sent.count_down();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  int lines = 0;
  const auto result = client.transport->Stream({.target = "/"},
                                               [&](std::string_view /*line*/) {
                                                 all_sent.wait();
                                                 std::this_thread::sleep_for(2 * kShort);
                                                 ++lines;
                                               },
                                               kShort, {});
  EXPECT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(lines, 3);
}

TEST(CpprestStreamTest, ABrokenStreamIsATransportErrorAfterTheLinesThatCame) {
  const std::pair<const char*, std::function<void(Connection&)>> kEnds[] = {
      {"close between chunks", [](Connection& /*connection*/) {}},
      {"close within a chunk", [](Connection& connection) { connection.Write("a\r\nhal"); }},
      {"reset", [](Connection& connection) { connection.Reset(); }},
  };
  for (const auto& [name, end] : kEnds) {
    SCOPED_TRACE(name);
    std::latch handled(1);
    ByteServer server(Chunked([&handled, &end = end](Connection& connection) {
      connection.WriteChunk("one\n");
      handled.wait();
      end(connection);
    }));
    TestClient client(server.url());
    std::vector<std::string> lines;
    const auto result = client.transport->Stream({.target = "/"},
                                                 [&](std::string_view line) {
                                                   lines.emplace_back(line);
                                                   handled.count_down();
                                                 },
                                                 kLong, {});
    ExpectError(result, ErrorCode::kTransport);
    EXPECT_THAT(lines, ElementsAre("one"));
  }
}

TEST(CpprestStreamTest, AResponseThatEndsWithinALineIsADecodeError) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("one\n{\"trunc");
    connection.EndChunks();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  const Watch watch = Stream(client);
  ExpectError(watch.result, ErrorCode::kDecode);
  EXPECT_THAT(watch.lines, ElementsAre("one"));
}

TEST(CpprestStreamTest, AnEndlessLineIsADecodeError) {
  ByteServer server(Chunked([](Connection& connection) {
    const std::string piece(1024 * 1024, 'x');
    while (connection.WriteChunk(piece)) {
    }
  }));
  TestClient client(server.url());
  const Watch watch = Stream(client);
  ExpectError(watch.result, ErrorCode::kDecode);
  EXPECT_THAT(watch.lines, IsEmpty());
}

TEST(CpprestStreamTest, AStopEndsAStreamInEveryPhase) {
  enum class Phase { kBeforeHead, kIdle, kStreaming };
  for (const Phase phase : {Phase::kBeforeHead, Phase::kIdle, Phase::kStreaming}) {
    SCOPED_TRACE(static_cast<int>(phase));
    std::stop_source stop;
    ByteServer server([&](Connection& connection) {
      connection.ReadRequest();
      if (phase != Phase::kBeforeHead) connection.Write(ChunkedHead());
      stop.request_stop();
      while (phase == Phase::kStreaming && connection.WriteChunk("line\n")) {
      }
      connection.AwaitClosed();
    });
    TestClient client(server.url());
    ExpectError(Stream(client, kLong, stop.get_token()).result, ErrorCode::kCanceled);
  }
}

TEST(CpprestStreamTest, NoLineIsHandedOverAfterAStopWithinTheHandler) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("one\ntwo\nthree\n");
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  std::stop_source stop;
  int lines = 0;
  const auto result = client.transport->Stream(
      {.target = "/"},
      [&](std::string_view /*line*/) {
        ++lines;
        stop.request_stop();
      },
      kLong, stop.get_token());
  ExpectError(result, ErrorCode::kCanceled);
  EXPECT_EQ(lines, 1);
}

// Waits until `written` has not grown for a while; returns it.
int AwaitStandstill(const std::atomic<int>& written) {
  int before = -1;
  while (before != written) {
    before = written;
    std::this_thread::sleep_for(milliseconds(300));
  }
  return before;
}

TEST(CpprestStreamTest, ASlowHandlerStopsTheReadingFromTheSocket) {
  constexpr std::size_t kPiece = 256 * 1024;
  constexpr int kPieces = 256;  // 64 MiB, against 64 KiB here and what the kernel holds
  std::atomic<int> written{0};
  const std::string line = std::string(kPiece - 1, 'x') + '\n';
  ByteServer server(Chunked([&](Connection& connection) {
    for (int i = 0; i < kPieces && connection.WriteChunk(line); ++i) ++written;
    connection.EndChunks();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  int lines = 0;
  int written_while_blocked = 0;
  const auto result = client.transport->Stream({.target = "/"},
                                               [&](std::string_view got) {
                                                 EXPECT_EQ(got.size(), kPiece - 1);
                                                 if (lines++ > 0) return;
                                                 written_while_blocked = AwaitStandstill(written);
                                               },
                                               kLong, {});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_LT(written_while_blocked, 16 * 4);  // 16 MiB
  EXPECT_EQ(lines, kPieces);
}

TEST(CpprestStreamTest, AStopEndsAStreamWhoseReadingWasStopped) {
  const std::string line = std::string(256 * 1024, 'x') + '\n';
  std::atomic<int> written{0};
  ByteServer server(Chunked([&](Connection& connection) {
    while (connection.WriteChunk(line)) ++written;
  }));
  TestClient client(server.url());
  std::stop_source stop;
  const auto result = client.transport->Stream(
      {.target = "/"},
      [&](std::string_view /*line*/) {
        AwaitStandstill(written);
        stop.request_stop();
      },
      kLong, stop.get_token());
  ExpectError(result, ErrorCode::kCanceled);
}

TEST(CpprestStreamTest, EachStreamHasAConnectionOfItsOwn) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.EndChunks();
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  EXPECT_TRUE(Stream(client).result.has_value());
  EXPECT_TRUE(Stream(client).result.has_value());
  EXPECT_EQ(server.accepted(), 2);
}

TEST(CpprestStreamTest, AnExceptionOfTheHandlerPassesThrough) {
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("one\n");
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  EXPECT_THROW(
      static_cast<void>(client.transport->Stream(
          {.target = "/"}, [](std::string_view /*line*/) { throw std::logic_error("handler"); },
          kLong, {})),
      std::logic_error);
}

TEST(CpprestStreamTest, ManyStreamsRunAtOnceAndStopTogether) {
  constexpr int kStreams = 24;
  std::latch all_open(kStreams);
  ByteServer server(Chunked([](Connection& connection) {
    connection.WriteChunk("hello\n");
    connection.AwaitClosed();
  }));
  TestClient client(server.url());
  std::vector<std::jthread> threads;
  for (int i = 0; i < kStreams; ++i) {
    threads.emplace_back([&](const std::stop_token& stop) {
      const auto result = client.transport->Stream(
          {.target = "/"}, [&](std::string_view /*line*/) { all_open.count_down(); }, kLong, stop);
      ExpectError(result, ErrorCode::kCanceled);
    });
  }
  all_open.wait();
  for (std::jthread& thread : threads) thread.request_stop();
}

}  // namespace
}  // namespace belvedere::http

#include "operator/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <stdexcept>
#include <thread>

#include "operator/http/testing/transport_fixture.h"

namespace belvedere::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

// A TCP client that sends bytes as they are given.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Everything until the server closes.
  std::string ReadAll() { return ReadUntil("\r\n\r\nnever in a response"); }
  std::string ReadUntil(std::string_view end) {
    std::string text;
    std::array<char, 4096> piece{};
    while (text.find(end) == std::string::npos) {
      const ssize_t got = recv(socket_, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  const int socket_;
  bool connected_ = false;
};

std::unique_ptr<Server> StartServer(Handler handler, ServerOptions options = {}) {
  options.address = "127.0.0.1";
  auto server = Server::Start(options, std::move(handler));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

std::string Url(const Server& server, const char* scheme = "http") {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port());
}

Response Ok(const Request& /*request*/) { return {.status = 200, .body = "ok"}; }

TEST(ServerTest, AnswersWithWhatTheHandlerSays) {
  Request seen;
  const auto server = StartServer([&seen](const Request& request) -> Response {
    seen = request;
    return {.status = 202, .headers = {{"x-answer", "42"}}, .body = "hello"};
  });
  TestClient client(Url(*server), {.bearer_token = "t"});
  const auto result = client.transport->RoundTrip({.method = Method::kPost,
                                                   .target = "/path?q=1",
                                                   .headers = {{"X-Mixed", "Yes"}},
                                                   .body = "body"},
                                                  std::chrono::seconds(30), {});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->status, 202);
  EXPECT_EQ(result->headers.at("x-answer"), "42");
  EXPECT_EQ(result->body, "hello");
  EXPECT_EQ(seen.method, Method::kPost);
  EXPECT_EQ(seen.target, "/path?q=1");
  EXPECT_EQ(seen.headers.at("x-mixed"), "Yes");
  EXPECT_EQ(seen.headers.at("authorization"), "Bearer t");
  EXPECT_EQ(seen.body, "body");
}

TEST(ServerTest, AConnectionServesSeveralRequests) {
  const auto server = StartServer(Ok);
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("\r\n\r\nok"), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), HasSubstr("Connection: close\r\n"));
}

TEST(ServerTest, HeadIsAnsweredWithoutTheBody) {
  const auto server = StartServer(Ok);
  RawClient client(server->port());
  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST(ServerTest, WhatIsNoGoodRequestIsRefusedAndClosed) {
  const auto server = StartServer(Ok, {.header_limit = 1024, .body_limit = 1024});
  const std::pair<std::string, const char*> kBad[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
      {"OPTIONS / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(4096, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"POST / HTTP/1.1\r\nContent-Length: 1025\r\n\r\n" + std::string(1025, 'x'), "HTTP/1.1 413 "},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n801\r\n" + std::string(2049, 'x') +
           "\r\n0\r\n\r\n",
       "HTTP/1.1 413 "},
  };
  for (const auto& [request, status] : kBad) {
    RawClient client(server->port());
    client.Send(request);
    EXPECT_THAT(client.ReadAll(), StartsWith(status));
  }
}

TEST(ServerTest, AHandlerThatThrowsIsAnInternalErrorAndTheServerGoesOn) {
  const auto server = StartServer([](const Request& request) -> Response {
    if (request.target == "/bad") throw std::runtime_error("secret detail");
    return {.status = 200};
  });
  TestClient client(Url(*server));
  const auto bad = client.Get("/bad");
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->status, 500);
  EXPECT_EQ(bad->body.find("secret"), std::string::npos);
  EXPECT_EQ(client.Get("/good")->status, 200);
}

TEST(ServerTest, ASlowRequestIsClosedWithoutAnAnswer) {
  const auto server = StartServer(Ok, {.timeout = milliseconds(50)});
  for (const char* start : {"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhal"}) {
    RawClient client(server->port());
    client.Send(start);
    EXPECT_EQ(client.ReadAll(), "") << start;
  }
}

TEST(ServerTest, ConnectionsOverTheLimitAreClosedAtOnce) {
  const auto server = StartServer(Ok, {.max_connections = 2});
  RawClient first(server->port());
  RawClient second(server->port());
  for (RawClient* client : {&first, &second}) {
    client->Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client->ReadUntil("\r\n\r\nok"), StartsWith("HTTP/1.1 200"));
  }
  RawClient third(server->port());
  EXPECT_EQ(third.ReadAll(), "");
  first.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200"));
}

TEST(ServerTest, HandlersRunAtTheSameTime) {
  std::latch both(2);
  const auto server = StartServer([&both](const Request& /*request*/) -> Response {
    both.arrive_and_wait();
    return {.status = 200};
  });
  TestClient client(Url(*server));
  std::jthread other([&client] { EXPECT_TRUE(client.Get().has_value()); });
  EXPECT_TRUE(client.Get().has_value());
}

TEST(ServerTest, StoppingFinishesWhatIsUnderWayAndClosesWhatIsIdle) {
  std::latch in_handler(1);
  std::latch go_on(1);
  auto server = StartServer(
      [&](const Request& request) -> Response {
        if (request.target == "/slow") {
          in_handler.count_down();
          go_on.wait();
        }
        return {.status = 200, .body = "ok"};
      },
      {.timeout = std::chrono::hours(1)});
  RawClient idle(server->port());
  RawClient used(server->port());
  RawClient busy(server->port());
  used.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(used.ReadUntil("\r\n\r\nok"), HasSubstr("200"));
  busy.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  in_handler.wait();
  std::jthread stopper([&server] { server.reset(); });
  EXPECT_EQ(used.ReadAll(), "");
  EXPECT_EQ(idle.ReadAll(), "");
  go_on.count_down();
  EXPECT_THAT(busy.ReadAll(), testing::EndsWith("\r\n\r\nok"));
}

TEST(ServerTest, AStoppedServerFreesItsPort) {
  auto server = StartServer(Ok);
  const int port = server->port();
  server.reset();
  EXPECT_FALSE(RawClient(port).connected());
  EXPECT_EQ(StartServer(Ok, {.port = port})->port(), port);
}

TEST(ServerTest, AnAddressThatCannotBeUsedIsAnError) {
  const auto server = StartServer(Ok);
  const auto taken = Server::Start({.address = "127.0.0.1", .port = server->port()}, Ok);
  ASSERT_FALSE(taken.has_value());
  EXPECT_THAT(taken.error().message, HasSubstr(std::to_string(server->port())));
  EXPECT_FALSE(Server::Start({.address = "nowhere"}, Ok).has_value());
}

class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() : directory_(testing::TempDir() + "server_test." + std::to_string(getpid())) {
    std::filesystem::create_directories(directory_);
    options_.tls_cert_path = directory_ / "tls.crt";
    options_.tls_key_path = directory_ / "tls.key";
  }
  ~TlsServerTest() override { std::filesystem::remove_all(directory_); }

  // By rename, as the kubelet and certificate tools do.
  void Install(const Identity& identity) const {
    Replace(options_.tls_key_path, identity.key_pem);
    Replace(options_.tls_cert_path, identity.cert_pem);
  }
  static void Replace(const std::string& path, const std::string& bytes) {
    std::ofstream(path + ".new") << bytes;
    std::filesystem::rename(path + ".new", path);
  }
  // Over a new connection.
  static bool Answers(const Server& server, const TestCa& ca) {
    TestClient client(Url(server, "https"), {.ca_pem = ca.pem()});
    return client.Get().has_value();
  }

  const std::filesystem::path directory_;
  ServerOptions options_;
};

TEST_F(TlsServerTest, ServesOverTlsAndTakesUpARenewedCertificate) {
  const TestCa old_ca;
  const TestCa new_ca;
  Install(old_ca.Issue({}));
  const auto server = StartServer(Ok, options_);
  EXPECT_TRUE(Answers(*server, old_ca));
  EXPECT_FALSE(Answers(*server, new_ca));
  Install(new_ca.Issue({}));
  EXPECT_TRUE(Answers(*server, new_ca));
  EXPECT_FALSE(Answers(*server, old_ca));
}

TEST_F(TlsServerTest, KeepsTheLastGoodCertificate) {
  const TestCa ca;
  Install(ca.Issue({}));
  const auto server = StartServer(Ok, options_);
  Replace(options_.tls_cert_path, "half a certifi");
  EXPECT_TRUE(Answers(*server, ca));
  std::filesystem::remove(options_.tls_cert_path);
  EXPECT_TRUE(Answers(*server, ca));
}

TEST_F(TlsServerTest, DoesNotStartWithoutAGoodCertificate) {
  EXPECT_FALSE(Server::Start(options_, Ok).has_value());
  Install({.cert_pem = "no", .key_pem = "no"});
  EXPECT_FALSE(Server::Start(options_, Ok).has_value());
}

TEST_F(TlsServerTest, PlainTextAndSilentPeersAreClosed) {
  const TestCa ca;
  Install(ca.Issue({}));
  options_.timeout = milliseconds(50);
  const auto server = StartServer(Ok, options_);
  RawClient plain(server->port());
  plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(plain.ReadAll().find("200"), std::string::npos);
  RawClient silent(server->port());
  EXPECT_EQ(silent.ReadAll(), "");
}

}  // namespace
}  // namespace belvedere::http

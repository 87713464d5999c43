#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <latch>
#include <thread>

#include "operator/http/testing/transport_fixture.h"

namespace belvedere::http {
namespace {

using std::chrono::hours;
using testing::Contains;
using testing::HasSubstr;

void Answer(Connection& connection) {
  while (!connection.ReadRequest().empty()) connection.Write(HttpResponse(200, "ok"));
}

ByteServer::Tls With(const Identity& identity) { return {.identity = identity}; }

void ExpectRefused(const Result<Response>& result, const char* reason) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kTransport);
  EXPECT_THAT(result.error().message, HasSubstr(reason));
}

TEST(CpprestTlsTest, TrustsTheGivenAuthorityAndSendsNoAddressAsServerName) {
  const TestCa ca;
  ByteServer server(Answer, With(ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = ca.pem()});
  const auto result = client.Get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->body, "ok");
  EXPECT_THAT(server.server_names(), testing::ElementsAre(""));
}

TEST(CpprestTlsTest, RefusesWhatTheGivenAuthorityDidNotSign) {
  const TestCa ca;
  const TestCa other;
  ByteServer server(Answer, With(ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = other.pem()});
  ExpectRefused(client.Get(), "certificate verify failed");
}

TEST(CpprestTlsTest, ABundleMayHoldSeveralAuthorities) {
  const TestCa ca;
  const TestCa other;
  ByteServer server(Answer, With(ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = other.pem() + "\n# comment\n" + ca.pem()});
  EXPECT_TRUE(client.Get().has_value());
}

TEST(CpprestTlsTest, RefusesCertificatesOutOfTheirTime) {
  const TestCa ca;
  ByteServer expired(Answer, With(ca.Issue({.valid_from = hours(-48), .valid_until = hours(-24)})));
  ByteServer early(Answer, With(ca.Issue({.valid_from = hours(24), .valid_until = hours(48)})));
  for (const ByteServer* server : {&expired, &early}) {
    TestClient client(server->url(), {.ca_pem = ca.pem()});
    ExpectRefused(client.Get(), "certificate verify failed");
  }
}

TEST(CpprestTlsTest, RefusesACertificateForAnotherHost) {
  const TestCa ca;
  ByteServer server(Answer, With(ca.Issue({.subject_alt_name = "IP:127.0.0.2,DNS:example.com"})));
  TestClient client(server.url(), {.ca_pem = ca.pem()});
  ExpectRefused(client.Get(), "certificate verify failed");
}

TEST(CpprestTlsTest, ServerNameIsCheckedAndAskedForInsteadOfTheAddress) {
  const TestCa ca;
  const std::string name = "kubernetes.default.svc";
  ByteServer server(Answer, With(ca.Issue({.subject_alt_name = "DNS:" + name})));
  TestClient good(server.url(), {.ca_pem = ca.pem()}, name);
  const auto result = good.Get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_THAT(server.server_names(), Contains(name));
  TestClient bad(server.url(), {.ca_pem = ca.pem()}, "example.com");
  ExpectRefused(bad.Get(), "certificate verify failed");
}

TEST(CpprestTlsTest, ShowsTheClientCertificateThatIsDemanded) {
  const TestCa ca;
  const Identity user = ca.Issue({});
  ByteServer server(Answer, ByteServer::Tls{ca.Issue({}), ca.pem()});
  TestClient with(
      server.url(),
      {.ca_pem = ca.pem(), .client_cert_pem = user.cert_pem, .client_key_pem = user.key_pem});
  const auto result = with.Get();
  EXPECT_TRUE(result.has_value()) << result.error().message;
  TestClient without(server.url(), {.ca_pem = ca.pem()});
  const auto refused = without.Get();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kTransport);
}

TEST(CpprestTlsTest, NewCredentialsTakeEffectAtTheNextRequest) {
  const TestCa old_ca;
  const TestCa new_ca;
  ByteServer server(Answer, With(new_ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = old_ca.pem()});
  ASSERT_FALSE(client.Get().has_value());
  client.credentials.Set({.ca_pem = new_ca.pem()});
  EXPECT_TRUE(client.Get().has_value());
  // Also where a connection stands open: it was made under an authority no longer trusted.
  client.credentials.Set({.ca_pem = old_ca.pem()});
  EXPECT_FALSE(client.Get().has_value());
}

TEST(CpprestTlsTest, UnusablePemIsInvalidBeforeAnyConnection) {
  const TestCa ca;
  const Identity one = ca.Issue({});
  const Identity two = ca.Issue({});
  ByteServer server(Answer, With(one));
  const Credentials kBad[] = {
      {.ca_pem = "no certificate"},
      {.ca_pem = ca.pem(), .client_cert_pem = "no certificate", .client_key_pem = one.key_pem},
      {.ca_pem = ca.pem(), .client_cert_pem = one.cert_pem, .client_key_pem = "no key"},
      {.ca_pem = ca.pem(), .client_cert_pem = one.cert_pem, .client_key_pem = two.key_pem},
  };
  for (const Credentials& bad : kBad) {
    TestClient client(server.url(), bad);
    const auto result = client.Get();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid) << result.error().message;
  }
  EXPECT_EQ(server.accepted(), 0);
}

TEST(CpprestTlsTest, ASilentHandshakeIsATimeout) {
  const TestCa ca;
  ByteServer server([](Connection& connection) { connection.AwaitClosed(); });
  std::string url = server.url();
  url.replace(0, 4, "https");
  TestClient client(url, {.ca_pem = ca.pem()});
  const auto result = client.Get("/", std::chrono::milliseconds(50));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
}

TEST(CpprestTlsTest, StreamsLinesAndStops) {
  const TestCa ca;
  ByteServer server(
      [](Connection& connection) {
        connection.ReadRequest();
        connection.Write(ChunkedHead());
        connection.WriteChunk("one\ntw");
        connection.WriteChunk("o\n");
        connection.AwaitClosed();
      },
      With(ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = ca.pem()});
  std::stop_source stop;
  std::vector<std::string> lines;
  const auto result = client.transport->Stream(
      {.target = "/"},
      [&](std::string_view line) {
        lines.emplace_back(line);
        if (lines.size() == 2) stop.request_stop();
      },
      hours(1), stop.get_token());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCanceled);
  EXPECT_THAT(lines, testing::ElementsAre("one", "two"));
}

// The two tests below need a process of their own: the one for the environment that is read once,
// the other because it leaves.
class CpprestProcessDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

int StatusUnderSystemRoot(const std::string& system_root, const Identity& identity,
                          const Credentials& credentials) {
  const std::string path = testing::TempDir() + "system_root." + std::to_string(getpid());
  std::ofstream(path) << system_root;
  setenv(X509_get_default_cert_file_env(), path.c_str(), 1);
  ByteServer server(Answer, With(identity));
  TestClient client(server.url(), credentials);
  const auto result = client.Get();
  return result ? result->status : 0;
}

TEST_F(CpprestProcessDeathTest, SystemRootsCountOnlyWithoutAnAuthorityOfOnesOwn) {
  EXPECT_EXIT(
      {
        const TestCa ca;
        std::_Exit(StatusUnderSystemRoot(ca.pem(), ca.Issue({}), {}) == 200 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        const TestCa ca;
        const TestCa other;
        const int status = StatusUnderSystemRoot(ca.pem(), ca.Issue({}), {.ca_pem = other.pem()});
        std::_Exit(status == 0 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

void CancelStreams() {
  const TestCa ca;
  std::latch open(4);
  ByteServer server(
      [&open](Connection& connection) {
        connection.ReadRequest();
        connection.Write(ChunkedHead());
        open.count_down();
        connection.AwaitClosed();
      },
      With(ca.Issue({})));
  TestClient client(server.url(), {.ca_pem = ca.pem()});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&client](const std::stop_token& stop) {
      static_cast<void>(client.transport->Stream(
          {.target = "/"}, [](std::string_view /*line*/) {}, hours(1), stop));
    });
  }
  open.wait();
  for (std::jthread& thread : threads) thread.request_stop();
}

// As at a return from main right after canceled TLS streams, with pool threads still at work.
[[noreturn]] void CancelStreamsAndExit() {
  CancelStreams();
  std::exit(0);
}

TEST_F(CpprestProcessDeathTest, ExitIsCleanRightAfterACancel) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EXIT(CancelStreamsAndExit(), testing::ExitedWithCode(0), "");
  }
}

}  // namespace
}  // namespace belvedere::http

#include "operator/runtime/manager.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"
#include "operator/runtime/testing/toy_kind.h"

namespace belvedere::runtime {
namespace {

using std::chrono::milliseconds;

const kube::ResourceRef kLeaseRef{kube::types::kLease, {"belvedere-system", "belvedere"}};

// The whole answer to a GET, or empty where nobody listens.
std::string HttpGet(int port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  std::string answer;
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = recv(socket, buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  close(socket);
  return answer;
}

// A manager over a fake API server, on the machine's clock, with short times.
class Process {
 public:
  Process(kube::FakeApiServer& server, const Kind& kind, const std::string& name,
          ManagerOptions::Election election = ManagerOptions::Election::kOn)
      : transport_(server.Connect(name)),
        client_(kube::MakeRestClient(*transport_, RealClock(), metrics_, {.max_attempts = 1})),
        manager_({.client = *client_,
                  .lease_client = *client_,
                  .clock = RealClock(),
                  .metrics = metrics_,
                  .kinds = {&kind},
                  .agent_transport = {},
                  .refresh_credentials = {}},
                 Options(name, election)) {}
  ~Process() { Stop(); }

  void Start() {
    thread_ =
        std::jthread([this](std::stop_token stop) { status_ = manager_.Run(std::move(stop)); });
  }
  Status Stop() {
    thread_ = std::jthread();
    return status_;
  }
  std::string Get(const std::string& path) const { return HttpGet(manager_.port(), path); }
  Manager& manager() { return manager_; }

 private:
  static ManagerOptions Options(const std::string& name, ManagerOptions::Election election) {
    ManagerOptions options;
    options.election = election;
    options.leader = {.lease = kLeaseRef.key,
                      .identity = name,
                      .lease_duration = milliseconds(3000),
                      .renew_deadline = milliseconds(2000),
                      .retry_period = milliseconds(50)};
    options.server.address = "127.0.0.1";
    options.server.port = 0;
    options.sync_timeout = milliseconds(300);
    return options;
  }

  Metrics metrics_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
  Manager manager_;
  Status status_;
  std::jthread thread_;
};

class ManagerTest : public testing::Test {
 protected:
  ManagerTest() { server_.Register(kToyType); }

  void Put(const std::string& name) {
    server_.EditAs("user", ToyRef(name), {{"spec", {{"text", "hello"}}}});
  }
  template <typename Condition>
  static void Await(const Condition& condition) {
    while (!condition()) std::this_thread::sleep_for(milliseconds(1));
  }
  std::string Holder() {
    return StringAt(server_.Find(kLeaseRef).value_or(Json()), "/spec/holderIdentity");
  }

  kube::FakeApiServer server_;
  ToyKind kind_;
};

TEST_F(ManagerTest, ServesProbesLeadsWorksAndLeavesClean) {
  Put("a");
  Process process(server_, kind_, "one");
  process.Start();
  Await([&] { return server_.Find(StatefulSetRef("a")).has_value(); });
  EXPECT_EQ(Holder(), "one");
  EXPECT_NE(process.Get("/healthz").find("200 OK"), std::string::npos);
  EXPECT_NE(process.Get("/readyz").find("200 OK"), std::string::npos);
  const std::string metrics = process.Get("/metrics");
  for (const char* name :
       {"leader_election_master_status{name=\"belvedere\"} 1", "workqueue_depth{name=\"toys\"}",
        "workqueue_adds_total", "workqueue_queue_duration_seconds_bucket",
        "workqueue_work_duration_seconds_sum", "workqueue_unfinished_work_seconds",
        "workqueue_longest_running_processor_seconds", "workqueue_retries_total",
        "controller_runtime_reconcile_total{controller=\"toys\",result=\"success\"}",
        "controller_runtime_reconcile_errors_total", "controller_runtime_reconcile_time_seconds",
        "controller_runtime_active_workers", "controller_runtime_max_concurrent_reconciles",
        "belvedere_resources{kind=\"Toy\"} 1", "belvedere_children "}) {
    EXPECT_NE(metrics.find(name), std::string::npos) << name;
  }
  EXPECT_TRUE(process.Stop().has_value());
  EXPECT_EQ(Holder(), "");
  EXPECT_EQ(server_.WatchCount(kToyType), 0);
}

TEST_F(ManagerTest, StandbyIsReadyAndTakesOver) {
  Process first(server_, kind_, "one");
  Process second(server_, kind_, "two");
  first.Start();
  Await([this] { return Holder() == "one"; });
  second.Start();
  Await([&] { return second.Get("/readyz").find("200 OK") != std::string::npos; });
  Put("a");
  Await([&] { return server_.Find(StatefulSetRef("a")).has_value(); });
  EXPECT_TRUE(first.Stop().has_value());
  Await([this] { return Holder() == "two"; });
  Put("b");
  Await([&] { return server_.Find(StatefulSetRef("b")).has_value(); });
  for (const auto& write : server_.Writes()) {
    if (write.key.name != "b" || write.type == kToyType) continue;
    EXPECT_EQ(write.user_agent, "two");
  }
}

TEST_F(ManagerTest, WorksWithoutElection) {
  Put("a");
  Process process(server_, kind_, "one", ManagerOptions::Election::kOff);
  process.Start();
  Await([&] { return server_.Find(StatefulSetRef("a")).has_value(); });
  EXPECT_TRUE(process.Stop().has_value());
  EXPECT_FALSE(server_.Find(kLeaseRef).has_value());
}

TEST_F(ManagerTest, CachesThatDoNotSyncAreAnErrorThatNamesThem) {
  server_.Unregister(kToyType);
  Process process(server_, kind_, "one");
  process.Start();
  Await([&] { return process.manager().port() != 0; });
  EXPECT_NE(process.Get("/readyz").find("Toy"), std::string::npos);
  EXPECT_NE(process.Get("/healthz").find("200 OK"), std::string::npos);
  Await([&] { return HttpGet(process.manager().port(), "/healthz").empty(); });
  const Status status = process.Stop();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kTimeout);
  EXPECT_NE(status.error().message.find("Toy"), std::string::npos);
}

TEST_F(ManagerTest, PortInUseIsAnError) {
  Process first(server_, kind_, "one");
  first.Start();
  Await([&] { return first.manager().port() != 0; });
  Metrics metrics;
  const auto client = kube::MakeRestClient(server_, RealClock(), metrics);
  ManagerOptions options;
  options.leader = {.lease = kLeaseRef.key, .identity = "two"};
  options.server = {.address = "127.0.0.1", .port = first.manager().port()};
  Manager second({.client = *client,
                  .lease_client = *client,
                  .clock = RealClock(),
                  .metrics = metrics,
                  .kinds = {&kind_}},
                 options);
  EXPECT_FALSE(second.Run(std::stop_token{}).has_value());
}

}  // namespace
}  // namespace belvedere::runtime

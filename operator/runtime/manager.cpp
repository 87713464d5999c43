#include "operator/runtime/manager.h"

#include <atomic>
#include <thread>
#include <utility>

#include "operator/base/log.h"
#include "operator/runtime/controller_set.h"
#include "operator/runtime/credential_keeper.h"
#include "operator/runtime/fenced_client.h"
#include "operator/runtime/probes.h"

namespace belvedere::runtime {
namespace {

constexpr std::chrono::milliseconds kSyncPoll{20};

}  // namespace

// Everything of a manager, in the order in which it is built.
class Manager::Impl {
 public:
  Impl(ManagerDeps deps, ManagerOptions options)
      : options_(std::move(options)),
        clock_(deps.clock),
        metrics_(deps.metrics),
        keeper_(clock_, std::move(deps.refresh_credentials)),
        client_(deps.client, keeper_),
        lease_client_(deps.lease_client, keeper_),
        elector_(lease_client_, clock_, metrics_, options_.leader),
        fenced_(client_, metrics_, [this] { return MayWrite(); }),
        controllers_(client_, fenced_, clock_, metrics_, deps.kinds,
                     std::move(deps.agent_transport),
                     {.instance = options_.leader.identity,
                      .watch_namespace = options_.watch_namespace,
                      .workers = options_.workers,
                      .resync = options_.resync,
                      .sweep = options_.sweep}),
        authorizer_(client_, clock_) {}

  Status Run(const std::stop_token& stop) {
    if (Status served = StartServers(stop); !served.has_value()) return served;
    Status status;
    {
      const std::jthread keeper([this](const std::stop_token& ended) { keeper_.Run(ended); });
      controllers_.caches().Start();
      status = AwaitSync(stop);
      if (status.has_value() && !stop.stop_requested()) Campaign(stop);
      controllers_.caches().Stop();
    }
    metrics_server_.reset();
    probes_.reset();
    return status;
  }

  void Resync() { controllers_.Resync(); }
  int port() const { return port_; }

 private:
  bool MayWrite() const {
    return options_.election == ManagerOptions::Election::kOn ? elector_.MayWrite()
                                                              : leads_alone_.load();
  }

  ProbeSources Sources(const std::stop_token& stop) {
    return {.metrics = metrics_,
            .is_alive = [this] { return elector_.IsHealthy(); },
            .unready =
                [this, stop] {
                  if (stop.stop_requested()) return std::string("its end");
                  return controllers_.caches().Unsynced();
                },
            .before_scrape = [this] { controllers_.UpdateGauges(); }};
  }

  Status StartServers(const std::stop_token& stop) {
    const bool has_own = options_.metrics_server.has_value();
    auto probes = http::Server::Start(
        options_.server,
        MakeProbeHandler(Sources(stop), has_own ? MetricsPath::kNotServed : MetricsPath::kServed));
    if (!probes.has_value()) return Fail(std::move(probes).error());
    probes_ = *std::move(probes);
    port_ = probes_->port();
    if (!has_own) return {};
    auto own = http::Server::Start(*options_.metrics_server,
                                   MakeMetricsHandler(Sources(stop), authorizer_));
    if (!own.has_value()) return Fail(std::move(own).error());
    metrics_server_ = *std::move(own);
    return {};
  }

  Status AwaitSync(const std::stop_token& stop) {
    const SteadyTime deadline = clock_.Now() + options_.sync_timeout;
    while (!controllers_.caches().HasSynced()) {
      if (clock_.Now() >= deadline) {
        return Fail(ErrorCode::kTimeout,
                    "caches not synced in time: " + controllers_.caches().Unsynced());
      }
      if (!clock_.SleepFor(kSyncPoll, stop)) return {};
    }
    log::Info("caches synced");
    return {};
  }

  void Campaign(const std::stop_token& stop) {
    if (options_.election == ManagerOptions::Election::kOn) {
      elector_.Run([this](const std::stop_token& term) { controllers_.Lead(term); }, stop);
      return;
    }
    leads_alone_ = true;
    controllers_.Lead(stop);
    leads_alone_ = false;
  }

  const ManagerOptions options_;
  Clock& clock_;
  Metrics& metrics_;
  CredentialKeeper keeper_;
  WatchfulClient client_;
  WatchfulClient lease_client_;
  LeaderElector elector_;
  std::atomic<bool> leads_alone_{false};
  FencedClient fenced_;
  ControllerSet controllers_;
  Authorizer authorizer_;
  std::unique_ptr<http::Server> probes_;
  std::unique_ptr<http::Server> metrics_server_;
  std::atomic<int> port_{0};
};

Manager::Manager(ManagerDeps deps, ManagerOptions options)
    : impl_(std::make_unique<Impl>(std::move(deps), std::move(options))) {}

Manager::~Manager() = default;

Status Manager::Run(std::stop_token stop) { return impl_->Run(stop); }

void Manager::Resync() { impl_->Resync(); }

int Manager::port() const { return impl_->port(); }

}  // namespace belvedere::runtime

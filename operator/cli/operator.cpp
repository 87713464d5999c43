#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <random>

#include "operator/cli/command.h"
#include "operator/cli/connection.h"
#include "operator/cli/resources.h"
#include "operator/cli/signals.h"
#include "operator/runtime/manager.h"

namespace belvedere::cli {
namespace {

constexpr const char* kLeaseName = "belvedere";

struct OperatorFlags {
  ClusterFlags cluster;
  ImageFlags images;
  std::string lease_namespace;
  bool leader_elect = true;
  runtime::LeaderOptions leader;
  std::string address = "0.0.0.0";
  int port = 8080;
  int auth_port = -1;
  std::string tls_cert;
  std::string tls_key;
  std::string watch_namespace;
  int workers = 8;
};

// Two processes on one machine must differ.
std::string Identity() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  const char* pod = std::getenv("POD_NAME");
  std::random_device device;
  std::ostringstream identity;
  identity << (pod != nullptr ? pod : name.data()) << "_" << std::hex << std::setfill('0')
           << std::setw(8) << device() << std::setw(8) << device();
  return identity.str();
}

Status Check(const OperatorFlags& flags) {
  const auto fail = [](const std::string& message) { return Fail(ErrorCode::kInvalid, message); };
  if (flags.leader.lease_duration <= flags.leader.renew_deadline) {
    return fail("--lease-duration: must be longer than --renew-deadline");
  }
  if (flags.leader.renew_deadline * 5 <= flags.leader.retry_period * 6) {
    return fail("--renew-deadline: must be longer than 1.2 times --retry-period");
  }
  if (flags.tls_cert.empty() != flags.tls_key.empty()) {
    return fail("--metrics-tls-cert and --metrics-tls-key: give both or none");
  }
  if (!flags.tls_cert.empty() && flags.auth_port < 0) {
    return fail("--metrics-tls-cert: needs --metrics-auth-port, the port that it is for");
  }
  return {};
}

runtime::ManagerOptions OptionsFrom(const OperatorFlags& flags, const kube::Config& config) {
  runtime::ManagerOptions options;
  using Election = runtime::ManagerOptions::Election;
  options.election = flags.leader_elect ? Election::kOn : Election::kOff;
  options.leader = flags.leader;
  std::string ns = flags.lease_namespace.empty() ? config.ns : flags.lease_namespace;
  options.leader.lease = {std::move(ns), kLeaseName};
  options.leader.identity = Identity();
  options.server.address = flags.address;
  options.server.port = flags.port;
  if (flags.auth_port >= 0) {
    options.metrics_server = options.server;
    options.metrics_server->port = flags.auth_port;
    options.metrics_server->tls_cert_path = flags.tls_cert;
    options.metrics_server->tls_key_path = flags.tls_key;
  }
  options.watch_namespace = flags.watch_namespace;
  options.workers = flags.workers;
  return options;
}

std::unique_ptr<http::Transport> AgentTransport(const std::string& base_url,
                                                const http::CredentialSource& nobody) {
  http::CpprestOptions options;
  options.base_url = base_url;
  options.user_agent = UserAgent("operator");
  options.max_in_flight = 1;
  return http::MakeCpprestTransport(options, nobody);
}

Status RunManager(const OperatorFlags& flags, const kube::Config& config,
                  const operands::ImageTable& images, const std::stop_token& stop) {
  Metrics metrics;
  Clock& clock = RealClock();
  Connection connection(config, UserAgent("operator"));
  const auto client = connection.NewClient(clock, metrics);
  // An attempt must end while there is time for another before the lease is lost.
  kube::RestOptions lease_options;
  lease_options.timeout =
      std::max<std::chrono::milliseconds>(std::chrono::seconds(1), flags.leader.renew_deadline / 2);
  lease_options.max_attempts = 1;
  const auto lease_client = connection.NewClient(clock, metrics, lease_options);
  const http::CredentialSource nobody(http::Credentials{});
  const auto kinds = AllKinds(images);
  std::vector<const runtime::Kind*> running;
  running.reserve(kinds.size());
  for (const auto& kind : kinds) running.push_back(kind.get());

  runtime::Manager manager(
      {.client = *client,
       .lease_client = *lease_client,
       .clock = clock,
       .metrics = metrics,
       .kinds = running,
       .agent_transport = [&](const std::string& url) { return AgentTransport(url, nobody); },
       .refresh_credentials = [&] { return connection.Refresh(); }},
      OptionsFrom(flags, config));
  return manager.Run(stop);
}

int RunOperator(const OperatorFlags& flags, const Streams& streams) {
  const StopOnSignal signals;
  if (const Status valid = Check(flags); !valid) {
    return Complain(streams, valid.error().message, kUsage);
  }
  const Result<operands::ImageTable> images = LoadImages(flags.images);
  if (!images) return Complain(streams, images.error().message);
  const Result<kube::Config> config =
      kube::LoadConfig(flags.cluster.kubeconfig, flags.cluster.context);
  if (!config) return Complain(streams, config.error().message);
  log::Info("starting", {{"version", UserAgent("operator")}, {"server", config->server}});
  const Status ran = RunManager(flags, *config, *images, signals.token());
  return ran ? kOk : Complain(streams, ran.error().message);
}

void AddElectionFlags(CLI::App& command, OperatorFlags& flags) {
  command
      .add_option("--leader-elect", flags.leader_elect,
                  "true or false: whether only the holder of a Lease works [true]")
      ->envname("BELVEDERE_LEADER_ELECT")
      ->type_name("BOOL");
  command
      .add_option("--namespace", flags.lease_namespace,
                  "Namespace of the Lease [the pod's own, or the kubeconfig's]")
      ->envname("POD_NAMESPACE")
      ->type_name("NAMESPACE");
  AddDuration(command, "--lease-duration,--leader-elect-lease-duration",
              flags.leader.lease_duration, "After so long without renewal another may take over")
      ->envname("BELVEDERE_LEASE_DURATION");
  AddDuration(command, "--renew-deadline,--leader-elect-renew-deadline",
              flags.leader.renew_deadline,
              "After so long without renewal the leader writes no more")
      ->envname("BELVEDERE_RENEW_DEADLINE");
  AddDuration(command, "--retry-period,--leader-elect-retry-period", flags.leader.retry_period,
              "Between two attempts at the Lease")
      ->envname("BELVEDERE_RETRY_PERIOD");
}

void AddMetricsFlags(CLI::App& command, OperatorFlags& flags) {
  command
      .add_option("--metrics-address", flags.address,
                  "Address of /healthz, /readyz and /metrics [0.0.0.0]")
      ->envname("BELVEDERE_METRICS_ADDRESS")
      ->type_name("HOST");
  command.add_option("--metrics-port", flags.port, "Their port; 0 is any free one [8080]")
      ->check(CLI::Range(0, 65535))
      ->envname("BELVEDERE_METRICS_PORT")
      ->type_name("PORT");
  command
      .add_option("--metrics-auth-port", flags.auth_port,
                  "Serve /metrics on this port instead, and only to bearers of a token that may "
                  "get it")
      ->check(CLI::Range(0, 65535))
      ->envname("BELVEDERE_METRICS_AUTH_PORT")
      ->type_name("PORT");
  command.add_option("--metrics-tls-cert", flags.tls_cert, "PEM certificate of that port")
      ->envname("BELVEDERE_METRICS_TLS_CERT")
      ->type_name("FILE");
  command.add_option("--metrics-tls-key", flags.tls_key, "PEM key of that port")
      ->envname("BELVEDERE_METRICS_TLS_KEY")
      ->type_name("FILE");
}

}  // namespace

void AddOperator(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("operator", "Run the operator: keep what custom resources ask for true");
  auto flags = std::make_shared<OperatorFlags>();
  AddClusterFlags(command, flags->cluster);
  AddElectionFlags(command, *flags);
  AddMetricsFlags(command, *flags);
  command
      .add_option("--watch-namespace", flags->watch_namespace,
                  "Look after the resources of one namespace only [all]")
      ->envname("BELVEDERE_WATCH_NAMESPACE")
      ->type_name("NAMESPACE");
  command.add_option("--workers", flags->workers, "Reconciles at once, of each kind [8]")
      ->check(CLI::Range(1, 64))
      ->envname("BELVEDERE_WORKERS")
      ->type_name("COUNT");
  AddImageFlags(command, flags->images);
  AddLogLevel(command);
  command.footer(
      "SIGTERM hands the Lease over and ends the process; a second one ends it at once.");
  command.callback([flags, &context] { context.exit_code = RunOperator(*flags, context.streams); });
}

}  // namespace belvedere::cli

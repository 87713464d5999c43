#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>

#include "operator/cli/agent/reloader.h"
#include "operator/cli/agent/silence_keeper.h"
#include "operator/cli/agent/status_handler.h"
#include "operator/cli/agent/watcher.h"
#include "operator/cli/command.h"
#include "operator/cli/signals.h"
#include "operator/http/cpprest_transport.h"

namespace belvedere::cli {
namespace {

struct AgentFlags {
  std::string source;
  std::string active;
  std::string reload_url;
  std::string ready_url;
  std::string proof_counter;
  std::string silences;
  std::string silences_api = "http://127.0.0.1:9093/api/v2";
  std::string silences_writer;
  std::string replica_domain;
  std::string listen = ":8081";
  // Prometheus may need a minute for 50,000 rules; one that has gone is noticed at once.
  std::chrono::milliseconds reload_timeout = std::chrono::minutes(10);
  std::chrono::milliseconds ready_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds turn_limit = std::chrono::minutes(2);
  agent::ReloaderOptions reloader;
};

std::unique_ptr<http::Transport> TransportTo(const std::string& base,
                                             const http::CredentialSource& credentials) {
  http::CpprestOptions options;
  options.base_url = base;
  options.user_agent = "belvedere-agent";
  options.max_in_flight = 1;
  return http::MakeCpprestTransport(options, credentials);
}

// An operand that refuses silently is not to be waited for as long as one that loads.
constexpr std::chrono::minutes kCountTimeout{2};
// Of a question to another pod's agent.
constexpr std::chrono::seconds kTurnTimeout{2};

std::unique_ptr<agent::Operand> MakeOperand(const AgentFlags& flags,
                                            const agent::HttpOperand::Call& probe,
                                            const agent::HttpOperand::Call& reload) {
  if (flags.proof_counter.empty()) return std::make_unique<agent::HttpOperand>(probe, reload);
  return std::make_unique<agent::CountingOperand>(
      probe, reload,
      agent::CountingOperand::Counting{
          .counter = flags.proof_counter, .clock = RealClock(), .timeout = kCountTimeout});
}

// Pods of a StatefulSet have their names as host names.
std::string PodName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Null where there are no silences, or another pod keeps them.
std::unique_ptr<agent::SilenceKeeper> MakeKeeper(const AgentFlags& flags,
                                                 const agent::HttpOperand::Call& api,
                                                 Metrics& metrics) {
  const bool others = !flags.silences_writer.empty() && flags.silences_writer != PodName();
  if (flags.silences.empty() || others) return nullptr;
  return std::make_unique<agent::SilenceKeeper>(
      api, RealClock(), metrics,
      agent::SilenceKeeper::Options{.file = std::filesystem::path(flags.active) / "current" /
                                            flags.silences});
}

// The agent of the replica before this one, and how long it has; null: there is none.
struct Before {
  std::unique_ptr<http::Transport> transport;
  std::chrono::milliseconds limit{};
};
Before ReplicaBefore(const AgentFlags& flags, int port, const http::CredentialSource& nobody) {
  const auto self = agent::ParseReplica(PodName());
  if (flags.replica_domain.empty() || !self || self->ordinal == 0) return {};
  const std::string host =
      self->set + "-" + std::to_string(self->ordinal - 1) + "." + flags.replica_domain;
  return {.transport = TransportTo("http://" + host + ":" + std::to_string(port), nobody),
          .limit = flags.turn_limit * self->ordinal};
}

agent::Turn MakeTurn(const Before& before) {
  if (before.transport == nullptr) return agent::Turn(RealClock());
  return agent::Turn(RealClock(), {.before = {*before.transport, "/v1/config", kTurnTimeout},
                                   .limit = before.limit});
}

void Loop(agent::Reloader& reloader, agent::SilenceKeeper* keeper, agent::Watcher& watcher,
          const std::stop_token& stop) {
  std::string wanted;
  while (!stop.stop_requested()) {
    SteadyTime deadline = reloader.Step(stop);
    if (keeper != nullptr) deadline = std::min(deadline, keeper->Step(stop));
    if (std::string now = reloader.state().wanted; now != wanted) {
      wanted = std::move(now);
      malloc_trim(0);  // reading a config takes memory that is not needed until the next one
    }
    watcher.Wait(deadline, stop);
  }
}

// What a flag names; nothing after a complaint.
std::optional<agent::Endpoint> EndpointOf(const std::string& flag, const std::string& url,
                                          const Streams& streams) {
  const Result<agent::Endpoint> endpoint = agent::ParseEndpoint(url);
  if (endpoint) return *endpoint;
  Complain(streams, flag + ": " + endpoint.error().message, kUsage);
  return std::nullopt;
}

int RunAgent(const AgentFlags& flags, const Streams& streams) {
  const StopOnSignal signals;
  const Result<ListenAddress> listen = ParseListenAddress(flags.listen);
  if (!listen) return Complain(streams, "--listen: " + listen.error().message, kUsage);
  const auto reload = EndpointOf("--reload-url", flags.reload_url, streams);
  const auto ready = EndpointOf("--ready-url", flags.ready_url, streams);
  const auto silences = EndpointOf("--silences-api", flags.silences_api, streams);
  if (!reload || !ready || !silences) return kUsage;

  const http::CredentialSource nobody(http::Credentials{});
  const auto ready_transport = TransportTo(ready->base, nobody);
  const auto reload_transport = TransportTo(reload->base, nobody);
  const auto silences_transport = TransportTo(silences->base, nobody);
  const agent::HttpOperand::Call probe{*ready_transport, ready->target, flags.ready_timeout};
  const agent::HttpOperand::Call post{*reload_transport, reload->target, flags.reload_timeout};
  const auto operand = MakeOperand(flags, probe, post);
  Metrics metrics;
  const auto keeper =
      MakeKeeper(flags, {*silences_transport, silences->target, flags.ready_timeout}, metrics);
  const agent::SourceDir source(flags.source);
  const auto watcher = agent::WatchMounts(source, RealClock());
  const Before before = ReplicaBefore(flags, listen->port, nobody);
  agent::Turn turn = MakeTurn(before);
  agent::Reloader reloader(source, agent::ActiveDir(flags.active), *operand, turn, RealClock(),
                           metrics, flags.reloader);
  http::ServerOptions options;
  options.address = listen->host;
  options.port = listen->port;
  const auto server = http::Server::Start(
      options, agent::MakeStatusHandler([&reloader] { return reloader.state(); }, metrics));
  if (!server) return Complain(streams, "--listen " + flags.listen + ": " + server.error().message);
  Loop(reloader, keeper.get(), *watcher, signals.token());
  return kOk;
}

}  // namespace

void AddAgent(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "agent", "Run in an operand's pod: bring its config to it and prove that it is loaded");
  auto flags = std::make_shared<AgentFlags>();
  command
      .add_option("--source", flags->source,
                  "Directory whose subdirectories are the mounted ConfigMaps")
      ->required()
      ->envname("BELVEDERE_AGENT_SOURCE")
      ->type_name("DIR");
  command
      .add_option("--active", flags->active,
                  "Volume shared with the operand, which reads DIR/current/<mount>/<key>")
      ->required()
      ->envname("BELVEDERE_AGENT_ACTIVE")
      ->type_name("DIR");
  command
      .add_option("--reload-url", flags->reload_url,
                  "POSTed to after a change; 2xx means that the operand runs the config")
      ->required()
      ->envname("BELVEDERE_AGENT_RELOAD_URL")
      ->type_name("URL");
  command
      .add_option("--ready-url", flags->ready_url,
                  "Answers GET with 2xx once the operand has started")
      ->required()
      ->envname("BELVEDERE_AGENT_READY_URL")
      ->type_name("URL");
  command
      .add_option("--proof-counter", flags->proof_counter,
                  "Member of the object that GET on the reload URL answers: the number of reloads, "
                  "of an operand whose answer to the POST proves nothing")
      ->envname("BELVEDERE_AGENT_PROOF_COUNTER")
      ->type_name("NAME");
  command
      .add_option("--silences", flags->silences,
                  "File below DIR/current with the silences to keep in the operand [none]")
      ->envname("BELVEDERE_AGENT_SILENCES")
      ->type_name("FILE");
  command
      .add_option("--silences-api", flags->silences_api,
                  "Root of version 2 of the operand's API [http://127.0.0.1:9093/api/v2]")
      ->envname("BELVEDERE_AGENT_SILENCES_API")
      ->type_name("URL");
  command
      .add_option("--silences-writer", flags->silences_writer,
                  "Name of the pod that keeps them; in others nothing is done [this pod]")
      ->envname("BELVEDERE_AGENT_SILENCES_WRITER")
      ->type_name("NAME");
  command
      .add_option("--replica-domain", flags->replica_domain,
                  "Where the replicas of a StatefulSet have their names: this one loads another "
                  "config after the one before it [alone]")
      ->envname("BELVEDERE_AGENT_REPLICA_DOMAIN")
      ->type_name("DOMAIN");
  AddDuration(command, "--turn-limit", flags->turn_limit,
              "How long each replica before this one is waited for")
      ->envname("BELVEDERE_AGENT_TURN_LIMIT");
  command
      .add_option("--listen", flags->listen, "Address of /v1/config, /healthz and /metrics [:8081]")
      ->envname("BELVEDERE_AGENT_LISTEN")
      ->type_name("HOST:PORT");
  AddDuration(command, "--reload-timeout", flags->reload_timeout, "How long a reload may take")
      ->envname("BELVEDERE_AGENT_RELOAD_TIMEOUT");
  AddDuration(command, "--ready-timeout", flags->ready_timeout, "How long a probe may take")
      ->envname("BELVEDERE_AGENT_READY_TIMEOUT");
  AddDuration(command, "--unready-limit", flags->reloader.unready_limit,
              "How long the operand may stay unready with a new config before the last good one "
              "comes back")
      ->envname("BELVEDERE_AGENT_UNREADY_LIMIT");
  AddDuration(command, "--poll", flags->reloader.source_poll,
              "How often the source is looked at besides inotify")
      ->envname("BELVEDERE_AGENT_POLL");
  AddLogLevel(command);
  command.callback([flags, &context] { context.exit_code = RunAgent(*flags, context.streams); });
}

}  // namespace belvedere::cli

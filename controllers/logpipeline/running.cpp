#include "controllers/logpipeline/running.h"

#include <utility>

namespace belvedere::logpipeline {
namespace {

using cache::Primary;
using runtime::Cause;
using runtime::World;

constexpr const char* kInvalidSpec = "InvalidSpec";
// Until the watch of namespaces has shown its own.
constexpr const char* kNamespaceUnknown = "NamespaceUnknown";
// Names of pods and Services are made of it; each may have 63 characters.
constexpr std::size_t kMaxName = 36;

Result<Spec> ReadSpec(const std::string& text, const kube::ObjectKey& key) {
  const Result<Json> json = ParseJson(text);
  if (!json) return Fail(json.error().code, "spec: " + json.error().message);
  Result<Spec> spec = ParseSpec(*json);
  if (!spec) return spec;
  if (const std::optional<std::string> problem = Refuse(*spec, key)) {
    return Fail(ErrorCode::kInvalid, *problem);
  }
  return spec;
}

}  // namespace

std::string AcceptedSpec(const Primary& primary) {
  const Result<Json> status = ParseJson(primary.status);
  if (!status) return "";
  const auto found = status->find(kAcceptedSpec);
  return found != status->end() && found->is_string() ? found->get<std::string>() : "";
}

// What of a pipeline runs, as far as its text tells: its spec, or while it is paused or wrong, the
// one that was accepted last.
Result<Spec> ReadRunningSpec(const Primary& primary) {
  Result<Spec> now = ReadSpec(primary.spec, primary.key);
  if (now && now->management == ManagementState::kManaged) return now;
  return ReadSpec(AcceptedSpec(primary), primary.key);
}

AcceptedOrCause Accept(const Primary& primary, const std::string& text, const World& world) {
  const auto invalid = [](std::string message) {
    return tl::unexpected(Cause{kInvalidSpec, std::move(message)});
  };
  if (primary.key.name.size() > kMaxName || primary.key.name.find('.') != std::string::npos) {
    return invalid("metadata.name must have at most 36 characters, a-z, 0-9 and -");
  }
  const Result<Spec> spec = ReadSpec(text, primary.key);
  if (!spec) return invalid(spec.error().message);
  const auto ns = world.namespaces.find(primary.key.ns);
  if (ns == world.namespaces.end()) {
    return tl::unexpected(
        Cause{kNamespaceUnknown, "namespace " + primary.key.ns + " has not been seen yet"});
  }
  Accepted accepted{.spec = *spec,
                    .pipeline = MakePipeline(*spec, primary.key, primary.uid, ns->second),
                    .engine = EngineOf(spec->agent)};
  if (primary.key.ns != operands::kNodeNamespace) {
    accepted.pipeline.gateway = GatewayHost(primary.key);
  }
  if (const Status good = accepted.engine->check(accepted.pipeline); !good) {
    return invalid(good.error().message);
  }
  return accepted;
}

std::string Served(const Primary& primary) {
  return primary.uid + "@" + std::to_string(primary.generation);
}

std::optional<Running> RunningOf(const Primary& primary, const World& world) {
  AcceptedOrCause now = Accept(primary, primary.spec, world);
  if (now && now->spec.management == ManagementState::kManaged) {
    return Running{.accepted = std::move(*now), .serves = Served(primary)};
  }
  const std::string text = AcceptedSpec(primary);
  AcceptedOrCause last = Accept(primary, text, world);
  if (!last) return std::nullopt;
  return Running{.accepted = std::move(*last),
                 .serves = text == primary.spec ? Served(primary) : ""};
}

}  // namespace belvedere::logpipeline

#include "controllers/logpipeline/running.h"

#include <functional>
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
  if (key.name.size() > kMaxName || key.name.find('.') != std::string::npos) {
    return Fail(ErrorCode::kInvalid,
                "metadata.name must have at most 36 characters, a-z, 0-9 and -");
  }
  const Result<Json> json = ParseJson(text);
  if (!json) return Fail(json.error().code, "spec: " + json.error().message);
  Result<Spec> spec = ParseSpec(*json);
  if (!spec) return spec;
  if (const std::optional<std::string> problem = Refuse(*spec, key)) {
    return Fail(ErrorCode::kInvalid, *problem);
  }
  return spec;
}

Result<Accepted> ToAccepted(const Primary& primary, const Spec& spec, const std::string& ns_uid) {
  Accepted accepted{.spec = spec,
                    .pipeline = MakePipeline(spec, primary.key, primary.uid, ns_uid),
                    .engine = EngineOf(spec.agent)};
  if (primary.key.ns != operands::kNodeNamespace) {
    accepted.pipeline.gateway = GatewayHost(primary.key);
  }
  if (Status good = accepted.engine->check(accepted.pipeline); !good) return Fail(good.error());
  return accepted;
}

std::string KeyOf(const Primary& primary, const std::string& text) {
  return primary.uid + "/" + std::to_string(std::hash<std::string>()(text));
}

}  // namespace

std::shared_ptr<const Result<Spec>> SpecReader::Read(const Primary& primary,
                                                     const std::string& text) const {
  return specs_.Get(KeyOf(primary, text), [&] { return ReadSpec(text, primary.key); });
}

std::shared_ptr<const AcceptedOrCause> SpecReader::Accept(const Primary& primary,
                                                          const std::string& text,
                                                          const World& world) const {
  const auto refused = [](const char* reason, std::string message) {
    return std::make_shared<const AcceptedOrCause>(
        tl::unexpected(Cause{reason, std::move(message)}));
  };
  const auto spec = Read(primary, text);
  if (!*spec) return refused(kInvalidSpec, spec->error().message);
  const cache::Namespace* ns = world.namespaces.Find(primary.key.ns);
  if (ns == nullptr) {
    return refused(kNamespaceUnknown, "namespace " + primary.key.ns + " has not been seen yet");
  }
  return accepted_.Get(KeyOf(primary, text) + "/" + ns->uid, [&]() -> AcceptedOrCause {
    Result<Accepted> accepted = ToAccepted(primary, **spec, ns->uid);
    if (!accepted) return tl::unexpected(Cause{kInvalidSpec, accepted.error().message});
    return *std::move(accepted);
  });
}

std::optional<Running> SpecReader::RunningOf(const Primary& primary, const World& world,
                                             Trust trust) const {
  if (trust == Trust::kAccepted) {
    auto now = Accept(primary, primary.spec, world);
    if (*now && (*now)->spec.management == ManagementState::kManaged) {
      return Running{.accepted = std::move(now), .serves = cache::Served(primary)};
    }
  }
  const std::string text =
      trust == Trust::kAccepted ? operands::AcceptedSpec(primary) : operands::ProvenSpec(primary);
  auto last = Accept(primary, text, world);
  if (!*last) return std::nullopt;
  return Running{.accepted = std::move(last),
                 .serves = text == primary.spec ? cache::Served(primary) : ""};
}

std::shared_ptr<const Result<Spec>> SpecReader::RunningSpec(const Primary& primary) const {
  auto now = Read(primary, primary.spec);
  if (*now && (*now)->management == ManagementState::kManaged) return now;
  return Read(primary, operands::AcceptedSpec(primary));
}

}  // namespace belvedere::logpipeline

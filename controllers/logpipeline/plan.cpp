#include "controllers/logpipeline/plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "controllers/operands/restart.h"
#include "operator/base/hash.h"

namespace belvedere::logpipeline {
namespace {

using cache::Primary;
using operands::Asking;
using runtime::Cause;
using runtime::Plan;
using runtime::World;

constexpr const char* kInvalidSpec = "InvalidSpec";
// Until the watch of namespaces has shown its own.
constexpr const char* kNamespaceUnknown = "NamespaceUnknown";
// Names of pods and Services are made of it; each may have 63 characters.
constexpr std::size_t kMaxName = 36;

Result<Spec> ReadSpec(const Primary& primary) {
  const Result<Json> json = ParseJson(primary.spec);
  if (!json) return Fail(json.error().code, "spec: " + json.error().message);
  return ParseSpec(*json);
}

// A pipeline that some engine runs.
struct Accepted {
  Pipeline pipeline;
  const Engine* engine = nullptr;
};
using AcceptedOrCause = tl::expected<Accepted, Cause>;

AcceptedOrCause Accept(const Primary& primary, const World& world) {
  const auto invalid = [](std::string message) {
    return tl::unexpected(Cause{kInvalidSpec, std::move(message)});
  };
  if (primary.key.name.size() > kMaxName || primary.key.name.find('.') != std::string::npos) {
    return invalid("metadata.name must have at most 36 characters, a-z, 0-9 and -");
  }
  const Result<Spec> spec = ReadSpec(primary);
  if (!spec) return invalid(spec.error().message);
  if (const std::optional<std::string> problem = Refuse(*spec, primary.key)) {
    return invalid(*problem);
  }
  const auto ns = world.namespaces.find(primary.key.ns);
  if (ns == world.namespaces.end()) {
    return tl::unexpected(
        Cause{kNamespaceUnknown, "namespace " + primary.key.ns + " has not been seen yet"});
  }
  Accepted accepted{.pipeline = MakePipeline(*spec, primary.key, primary.uid, ns->second),
                    .engine = EngineOf(spec->agent)};
  if (accepted.engine == nullptr) return invalid("spec.agent: this release does not run it");
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

// All living pipelines, the oldest first, `self` in the version given.
std::vector<const Primary*> Everybody(const Primary& self, const World& world) {
  std::vector<const Primary*> all{&self};
  for (const auto& peer : world.peers) {
    if (peer->uid != self.uid && !peer->deleting) all.push_back(peer.get());
  }
  std::ranges::sort(all, {}, [](const Primary* one) { return std::tie(one->created, one->uid); });
  return all;
}

class Planner {
 public:
  Planner(const Primary& self, const World& world, const ImageTable& images, Accepted accepted)
      : self_(self), world_(world), images_(images), own_(std::move(accepted)) {}

  Plan Run() {
    if (!own_.pipeline.gateway.empty() && !AddGateway()) return {.refused = refusal_};
    for (const Engine& engine : Engines()) {
      if (!AddNodeAgent(engine)) return {.refused = refusal_};
    }
    hash_.Add(self_.spec);
    plan_.config_hash = hash_.Hex();
    return std::move(plan_);
  }

 private:
  bool AddGateway() {
    const kube::ResourceRef workload = GatewayRef(self_.key);
    Result<Rendered> rendered = own_.engine->gateway(own_.pipeline, images_);
    if (!rendered) return Refused(rendered.error());
    runtime::ComponentPlan component{
        .name = std::string(kGateway), .workload = workload, .desired = 1};
    Take(std::move(*rendered), component);
    hash_.Add(component.checksum).Add(component.wanted);
    plan_.components.push_back(std::move(component));
    return true;
  }

  // Written by its holder for all pipelines of the engine.
  bool AddNodeAgent(const Engine& engine) {
    runtime::ComponentPlan component{.name = std::string(engine.name),
                                     .workload = NodeAgentRef(engine)};
    if (operands::SettingsOf(SharedOf(engine), self_, world_) != nullptr) {
      std::vector<Pipeline> pipelines;
      const std::string serves = Gather(engine, pipelines);
      Result<Rendered> rendered = engine.node_agent(pipelines, images_);
      if (!rendered) return Refused(rendered.error());
      Json& metadata = rendered->intents.back().object["metadata"];
      metadata["annotations"][cache::kServesAnnotation] = serves;
      for (runtime::Intent& intent : rendered->intents) {
        intent.tie = runtime::Intent::Tie::kInventory;
      }
      Take(std::move(*rendered), component);
    }
    if (own_.engine != &engine) return true;
    component.serves = Served(self_);
    plan_.components.push_back(std::move(component));
    return true;
  }

  // The pipelines that the engine can run; returns what the node agent serves with them.
  std::string Gather(const Engine& engine, std::vector<Pipeline>& pipelines) const {
    std::string serves;
    for (const Primary* primary : Everybody(self_, world_)) {
      AcceptedOrCause accepted = Accept(*primary, world_);
      if (!accepted || accepted->engine != &engine) continue;
      pipelines.push_back(std::move(accepted->pipeline));
      serves += (serves.empty() ? "" : " ") + Served(*primary);
    }
    return serves;
  }

  void Take(Rendered rendered, runtime::ComponentPlan& component) {
    for (runtime::Intent& intent : rendered.intents) plan_.intents.push_back(std::move(intent));
    if (!rendered.files.empty()) {
      component.wanted = ConfigHash(rendered.files);
      component.agent_port = operands::kAgentPort;
    }
    if (!rendered.restart) return;
    component.checksum = rendered.restart->checksum;
    const operands::RestartTarget target{
        .component = component.name, .workload = component.workload, .owner_uid = self_.uid};
    for (kube::ResourceRef& ref : operands::StillNeeded(*rendered.restart, target, world_)) {
      plan_.keep.push_back(std::move(ref));
    }
  }

  bool Refused(const Error& error) {
    refusal_ = Cause{kInvalidSpec, error.message};
    return false;
  }

  const Primary& self_;
  const World& world_;
  const ImageTable& images_;
  const Accepted own_;
  Plan plan_;
  ContentHash hash_;
  std::optional<Cause> refusal_;
};

}  // namespace

operands::SharedWorkload SharedOf(const Engine& engine) {
  return {.ref = NodeAgentRef(engine), .asking = [&engine](const Primary& primary) {
            const Result<Spec> spec = ReadSpec(primary);
            if (!spec || Refuse(*spec, primary.key)) return Asking::kNo;
            return spec->agent == engine.agent ? Asking::kYes : Asking::kNo;
          }};
}

Plan MakePlan(const Primary& self, const World& world, const ImageTable& images) {
  AcceptedOrCause accepted = Accept(self, world);
  if (!accepted) return {.refused = accepted.error()};
  return Planner(self, world, images, std::move(*accepted)).Run();
}

std::string PlanInputs(const Primary& self, const World& world) {
  const auto with_namespace = [&world](const Primary& primary) {
    const auto found = world.namespaces.find(primary.key.ns);
    return Served(primary) + (found == world.namespaces.end() ? "" : "/" + found->second) + " ";
  };
  const bool holds = std::ranges::any_of(Engines(), [&](const Engine& engine) {
    return operands::SettingsOf(SharedOf(engine), self, world) != nullptr;
  });
  std::string inputs;
  for (const Primary* primary : holds ? Everybody(self, world) : std::vector{&self}) {
    inputs += with_namespace(*primary);
  }
  return inputs + (holds ? "holds " : "") + operands::RestartInputs(world);
}

}  // namespace belvedere::logpipeline

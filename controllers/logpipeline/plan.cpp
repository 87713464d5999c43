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

// What of a pipeline runs, as far as its text tells: its spec, or while it is paused or wrong, the
// one that was accepted last.
Result<Spec> ReadRunningSpec(const Primary& primary) {
  Result<Spec> now = ReadSpec(primary.spec, primary.key);
  if (now && now->management == ManagementState::kManaged) return now;
  return ReadSpec(AcceptedSpec(primary), primary.key);
}

// A pipeline that some engine runs.
struct Accepted {
  Spec spec;
  Pipeline pipeline;
  const Engine* engine = nullptr;
};
using AcceptedOrCause = tl::expected<Accepted, Cause>;

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

// What of a pipeline runs in shared workloads, and what these then serve.
struct Running {
  Accepted accepted;
  std::string serves;  // empty: not the spec that it has now
};

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

// All living pipelines, the oldest first, `self` in the version given.
std::vector<const Primary*> Everybody(const Primary& self, const World& world) {
  std::vector<const Primary*> all{&self};
  for (const auto& peer : world.peers) {
    if (peer->uid != self.uid && !peer->deleting) all.push_back(peer.get());
  }
  std::ranges::sort(all, {}, [](const Primary* one) { return std::tie(one->created, one->uid); });
  return all;
}

// Whether the shared workloads that a pipeline holds serve it alone.
enum class Company { kAlone, kOthers };

class Planner {
 public:
  Planner(const Primary& self, const World& world, const ImageTable& images)
      : self_(self), world_(world), images_(images) {}

  Plan Run() {
    AcceptedOrCause own = Accept(self_, self_.spec, world_);
    if (!own) {
      plan_.refused = own.error();
    } else {
      AddOwn(*own);
    }
    for (const Engine& engine : Engines()) {
      for (const SharedPart& part : engine.shared) {
        const bool is_wanted =
            own && own->engine == &engine && part.wanted(own->spec) == Wanted::kYes;
        AddShared(engine, part, is_wanted ? Wanted::kYes : Wanted::kNo);
      }
    }
    if (plan_.refused) plan_.components.clear();
    hash_.Add(self_.spec);
    plan_.config_hash = hash_.Hex();
    return std::move(plan_);
  }

 private:
  void AddOwn(const Accepted& own) {
    if (own.spec.management == ManagementState::kPaused) {
      plan_.management = runtime::Management::kPaused;
    }
    if (own.pipeline.gateway.empty()) return;
    const kube::ResourceRef workload = GatewayRef(self_.key);
    Result<Rendered> rendered = own.engine->gateway(own.pipeline, images_);
    if (!rendered) {
      plan_.refused = Cause{kInvalidSpec, rendered.error().message};
      return;
    }
    runtime::ComponentPlan component{
        .name = std::string(kGateway), .workload = workload, .desired = 1};
    Take(std::move(*rendered), component);
    hash_.Add(component.checksum).Add(component.wanted);
    plan_.components.push_back(std::move(component));
  }

  // Written by its holder for all pipelines of the engine. What self alone cannot do is refused; it
  // never keeps the others' from being written.
  void AddShared(const Engine& engine, const SharedPart& part, Wanted wanted) {
    runtime::ComponentPlan component{.name = std::string(part.name), .workload = WorkloadOf(part)};
    if (part.type == kube::types::kStatefulSet) component.desired = 1;
    if (operands::SettingsOf(SharedOf(engine, part), self_, world_) != nullptr) {
      std::vector<Pipeline> pipelines;
      std::string serves;
      const Company company = Gather(engine, part, pipelines, serves);
      if (pipelines.empty()) return;  // their namespaces have not been seen yet
      Result<Rendered> rendered = part.render(pipelines, images_);
      if (!rendered) {
        plan_.refused = Cause{kInvalidSpec, rendered.error().message};
        return;
      }
      Json& metadata = rendered->intents.back().object["metadata"];
      metadata["annotations"][cache::kServesAnnotation] = serves;
      for (runtime::Intent& intent : rendered->intents) {
        intent.tie = runtime::Intent::Tie::kInventory;
        if (company == Company::kOthers) intent.when = runtime::Intent::When::kAlways;
      }
      Take(std::move(*rendered), component);
    }
    if (wanted == Wanted::kNo) return;
    component.serves = Served(self_);
    plan_.components.push_back(std::move(component));
  }

  // The pipelines that the part runs, and what it serves with them.
  Company Gather(const Engine& engine, const SharedPart& part, std::vector<Pipeline>& pipelines,
                 std::string& serves) const {
    Company company = Company::kAlone;
    for (const Primary* primary : Everybody(self_, world_)) {
      std::optional<Running> running = RunningOf(*primary, world_);
      if (!running || running->accepted.engine != &engine) continue;
      if (part.wanted(running->accepted.spec) == Wanted::kNo) continue;
      pipelines.push_back(std::move(running->accepted.pipeline));
      if (!running->serves.empty()) serves += (serves.empty() ? "" : " ") + running->serves;
      if (primary != &self_) company = Company::kOthers;
    }
    return company;
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

  const Primary& self_;
  const World& world_;
  const ImageTable& images_;
  Plan plan_;
  ContentHash hash_;
};

}  // namespace

std::string AcceptedSpec(const Primary& primary) {
  const Result<Json> status = ParseJson(primary.status);
  if (!status) return "";
  const auto found = status->find(kAcceptedSpec);
  return found != status->end() && found->is_string() ? found->get<std::string>() : "";
}

operands::SharedWorkload SharedOf(const Engine& engine, const SharedPart& part) {
  return {.ref = WorkloadOf(part), .asking = [&engine, &part](const Primary& primary) {
            const Result<Spec> spec = ReadRunningSpec(primary);
            const bool asks =
                spec && spec->agent == engine.agent && part.wanted(*spec) == Wanted::kYes;
            return asks ? Asking::kYes : Asking::kNo;
          }};
}

Plan MakePlan(const Primary& self, const World& world, const ImageTable& images) {
  return Planner(self, world, images).Run();
}

std::string PlanInputs(const Primary& self, const World& world) {
  const auto one = [&world](const Primary& primary) {
    const auto found = world.namespaces.find(primary.key.ns);
    return Served(primary) + (found == world.namespaces.end() ? "" : "/" + found->second) + " ";
  };
  bool holds = false;
  for (const Engine& engine : Engines()) {
    holds = holds || std::ranges::any_of(engine.shared, [&](const SharedPart& part) {
              return operands::SettingsOf(SharedOf(engine, part), self, world) != nullptr;
            });
  }
  if (!holds) return one(self) + operands::RestartInputs(world);
  std::string inputs = "holds ";
  for (const Primary* primary : Everybody(self, world)) {
    inputs += one(*primary) + std::to_string(std::hash<std::string>()(primary->status)) + " ";
  }
  return inputs + operands::RestartInputs(world);
}

}  // namespace belvedere::logpipeline

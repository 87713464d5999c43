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
  Planner(const Primary& self, const World& world, const ImageTable& images,
          const SpecReader& reader)
      : self_(self), world_(world), images_(images), reader_(reader) {}

  Plan Run() {
    const auto accepted = reader_.Accept(self_, self_.spec, world_);
    const AcceptedOrCause& own = *accepted;
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
    component.meter = MeterOf(*own.engine);
    Take(std::move(*rendered), component);
    hash_.Add(component.checksum).Add(component.wanted);
    plan_.components.push_back(std::move(component));
  }

  // Written by its holder for all pipelines of the engine. What self alone cannot do is refused; it
  // never keeps the others' from being written.
  void AddShared(const Engine& engine, const SharedPart& part, Wanted wanted) {
    runtime::ComponentPlan component{.name = std::string(part.name), .workload = WorkloadOf(part)};
    if (part.type == kube::types::kStatefulSet) component.desired = 1;
    component.meter = MeterOf(engine);
    if (operands::SettingsOf(SharedOf(engine, part, reader_), self_, world_) != nullptr) {
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
    component.serves = cache::Served(self_);
    plan_.components.push_back(std::move(component));
  }

  // The pipelines that the part runs, and what it serves with them.
  Company Gather(const Engine& engine, const SharedPart& part, std::vector<Pipeline>& pipelines,
                 std::string& serves) const {
    Company company = Company::kAlone;
    for (const Primary* primary : Everybody(self_, world_)) {
      const std::optional<Running> running = reader_.RunningOf(*primary, world_);
      if (!running || (*running->accepted)->engine != &engine) continue;
      if (part.wanted((*running->accepted)->spec) == Wanted::kNo) continue;
      pipelines.push_back((*running->accepted)->pipeline);
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
  const SpecReader& reader_;
  Plan plan_;
  ContentHash hash_;
};

}  // namespace

operands::SharedWorkload SharedOf(const Engine& engine, const SharedPart& part,
                                  const SpecReader& reader) {
  return {.ref = WorkloadOf(part), .asking = [&engine, &part, &reader](const Primary& primary) {
            const auto read = reader.RunningSpec(primary);
            const Result<Spec>& spec = *read;
            const bool asks =
                spec && spec->agent == engine.agent && part.wanted(*spec) == Wanted::kYes;
            return asks ? Asking::kYes : Asking::kNo;
          }};
}

Plan MakePlan(const Primary& self, const World& world, const ImageTable& images,
              const SpecReader& reader) {
  return Planner(self, world, images, reader).Run();
}

std::string PlanInputs(const Primary& self, const World& world, const SpecReader& reader) {
  const auto one = [&world](const Primary& primary) {
    const auto found = world.namespaces.find(primary.key.ns);
    return cache::Served(primary) +
           (found == world.namespaces.end() ? "" : "/" + found->second->uid) + " ";
  };
  bool holds = false;
  for (const Engine& engine : Engines()) {
    holds = holds || std::ranges::any_of(engine.shared, [&](const SharedPart& part) {
              return operands::SettingsOf(SharedOf(engine, part, reader), self, world) != nullptr;
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

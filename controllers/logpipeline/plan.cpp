#include "controllers/logpipeline/plan.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "controllers/logpipeline/shared_load.h"
#include "operator/base/hash.h"

namespace belvedere::logpipeline {
namespace {

using cache::Primary;
using operands::Asking;
using operands::Hold;
using runtime::Cause;
using runtime::Plan;
using runtime::World;

constexpr const char* kInvalidSpec = "InvalidSpec";
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
    runtime::ComponentPlan component{
        .name = std::string(kGateway), .workload = GatewayRef(self_.key), .desired = 1};
    component.meter = MeterOf(*own.engine);
    Result<Rendered> rendered = RenderGateway(own, component);
    if (!rendered) {
      plan_.refused = Cause{kInvalidSpec, rendered.error().message};
      return;
    }
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
      const SharedLoad load(engine, part, self_, world_, images_, reader_);
      const SharedLoad::Company company = load.company();
      // Their namespaces have not been seen yet.
      if (company == SharedLoad::Company::kNobody) return;
      Result<Rendered> rendered = load.Render(TargetOf(component));
      if (!rendered) {
        plan_.refused = Cause{kInvalidSpec, rendered.error().message};
        return;
      }
      for (runtime::Intent& intent : rendered->intents) {
        intent.tie = runtime::Intent::Tie::kInventory;
        if (company == SharedLoad::Company::kOthers) intent.when = runtime::Intent::When::kAlways;
      }
      Take(std::move(*rendered), component);
    }
    if (wanted == Wanted::kNo) return;
    component.serves = cache::Served(self_);
    plan_.components.push_back(std::move(component));
  }

  // The gateway of self; with the last good spec where its pod has refused this one.
  Result<Rendered> RenderGateway(const Accepted& own, runtime::ComponentPlan& component) const {
    Result<Rendered> rendered = own.engine->gateway(own.pipeline, images_);
    if (!rendered || !rendered->restart) return rendered;
    std::vector<Hold> holds = HoldsOn(component.workload, self_, world_);
    if (holds.empty()) {
      const auto why = CrashOf(rendered->restart->checksum, TargetOf(component), world_);
      if (!why) return rendered;
      holds.push_back({.specs = {VersionOf(self_)}, .why = *why});
    }
    const auto good = reader_.Accept(self_, operands::ProvenSpec(self_), world_);
    if (!*good || (*good)->engine != own.engine) return rendered;
    Result<Rendered> earlier = own.engine->gateway((*good)->pipeline, images_);
    if (!earlier || earlier->restart->checksum == rendered->restart->checksum) return rendered;
    component.serves = cache::Served(self_);
    StampHolds(holds, earlier->intents.back().object);
    return earlier;
  }

  operands::RestartTarget TargetOf(const runtime::ComponentPlan& component) const {
    return {.component = component.name, .workload = component.workload, .owner_uid = self_.uid};
  }

  void Take(Rendered rendered, runtime::ComponentPlan& component) {
    for (runtime::Intent& intent : rendered.intents) plan_.intents.push_back(std::move(intent));
    if (!rendered.config_hash.empty()) {
      component.wanted = rendered.config_hash;
      component.agent_port = operands::kAgentPort;
    }
    if (!rendered.restart) return;
    component.checksum = rendered.restart->checksum;
    for (kube::ResourceRef& ref :
         operands::StillNeeded(*rendered.restart, TargetOf(component), world_)) {
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
    const cache::Namespace* ns = world.namespaces.Find(primary.key.ns);
    return cache::Served(primary) + (ns == nullptr ? "" : "/" + ns->uid) + " ";
  };
  bool holds = false;
  for (const Engine& engine : Engines()) {
    holds = holds || std::ranges::any_of(engine.shared, [&](const SharedPart& part) {
              return operands::SettingsOf(SharedOf(engine, part, reader), self, world) != nullptr;
            });
  }
  std::string refusals = operands::CrashInputs(world);
  for (const auto* children : {&world.children, &world.shared}) {
    for (const auto& child : *children) refusals += child->refused.Get();
  }
  const auto past = [](const Primary& primary) {
    return RetryOf(primary) + " " + std::to_string(std::hash<std::string>()(primary.status)) + " ";
  };
  std::string inputs = operands::RestartInputs(world) + " " + refusals;
  if (!holds) return inputs + one(self) + (refusals.empty() ? "" : past(self));
  inputs += " holds ";
  for (const Primary* primary : Everybody(self, world)) inputs += one(*primary) + past(*primary);
  return inputs;
}

}  // namespace belvedere::logpipeline

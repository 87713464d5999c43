#include "controllers/logpipeline/plan.h"

#include <algorithm>
#include <functional>
#include <ranges>
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
// Set to another value, it has a config tried again that pods have refused.
constexpr const char* kReconcileAnnotation = "belvedere.dev/reconcile";
// In place of a checksum, of a config that was never made.
constexpr const char* kUnrendered = "unrendered";

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

// What a shared workload does for its pipelines.
struct Load {
  std::vector<Pipeline> pipelines;
  std::vector<std::string> serves;  // as in cache::kServesAnnotation, one each
  std::string retries;              // of all, as text
  Company company = Company::kAlone;
};

std::string RetryOf(const Primary& primary) {
  const auto found = primary.annotations.find(kReconcileAnnotation);
  return found == primary.annotations.end() ? "" : primary.uid + "=" + found->second + " ";
}

operands::Attempt AttemptOf(const operands::RestartConfig& config, const std::string& retries) {
  return {.checksum = config.checksum, .retries = retries.empty() ? "" : ShortHash(retries)};
}

std::string Joined(const std::vector<std::string>& serves) {
  std::string text;
  for (const std::string& one : serves) cache::Enlist(text, one);
  return text;
}

// What `good` does not serve of `load`.
std::vector<std::string> Without(const Load& load, const Load& good) {
  std::vector<std::string> rest;
  std::ranges::copy_if(load.serves, std::back_inserter(rest), [&good](const std::string& one) {
    return std::ranges::find(good.serves, one) == good.serves.end();
  });
  return rest;
}

using TrustIn = std::function<Trust(const Primary& primary)>;
TrustIn AllOf(Trust trust) {
  return [trust](const Primary&) { return trust; };
}

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
      const Load load = Gather(engine, part, AllOf(Trust::kAccepted));
      if (load.pipelines.empty()) return;  // their namespaces have not been seen yet
      Result<Rendered> rendered = Render(engine, part, load, component);
      if (!rendered) {
        plan_.refused = Cause{kInvalidSpec, rendered.error().message};
        return;
      }
      for (runtime::Intent& intent : rendered->intents) {
        intent.tie = runtime::Intent::Tie::kInventory;
        if (load.company == Company::kOthers) intent.when = runtime::Intent::When::kAlways;
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
    const operands::Attempt attempt = AttemptOf(*rendered->restart, RetryOf(self_));
    const auto why = operands::RefusalOf(attempt, TargetOf(component), world_);
    if (!why) return rendered;
    const auto good = reader_.Accept(self_, operands::ProvenSpec(self_), world_);
    if (!*good || (*good)->engine != own.engine) return rendered;
    Result<Rendered> earlier = own.engine->gateway((*good)->pipeline, images_);
    if (!earlier || earlier->restart->checksum == attempt.checksum) return rendered;
    component.serves = cache::Served(self_);
    operands::StampRefusal(attempt, component.serves, *why, earlier->intents.back().object);
    return earlier;
  }

  // The part with this load. Where it cannot be rendered, without the specs that keep it from that;
  // where pods have refused it, with the last good ones.
  Result<Rendered> Render(const Engine& engine, const SharedPart& part, const Load& wanted,
                          const runtime::ComponentPlan& component) const {
    Load load = wanted;
    Result<Rendered> rendered = part.render(load.pipelines, images_);
    const std::string unfit = rendered ? "" : rendered.error().message;
    if (!rendered) {
      load = Fitting(engine, part, wanted);
      rendered = part.render(load.pipelines, images_);
      if (!rendered) return rendered;
    }
    StampServed(load, *rendered);
    Json& workload = rendered->intents.back().object;
    if (!unfit.empty()) {
      operands::StampRefusal({.checksum = kUnrendered}, Joined(Without(wanted, load)), unfit,
                             workload);
    }
    if (!rendered->restart) return rendered;
    const operands::Attempt attempt = AttemptOf(*rendered->restart, load.retries);
    const auto why = operands::RefusalOf(attempt, TargetOf(component), world_);
    if (!why) return rendered;
    const Load good = Gather(engine, part, AllOf(Trust::kProven));
    if (good.pipelines.empty()) return rendered;  // nothing has ever worked
    Result<Rendered> earlier = part.render(good.pipelines, images_);
    if (!earlier || earlier->restart->checksum == attempt.checksum) return rendered;
    StampServed(good, *earlier);
    operands::StampRefusal(attempt, Joined(Without(wanted, good)), *why,
                           earlier->intents.back().object);
    return earlier;
  }

  // Of a load that cannot be rendered, though each spec alone is good: the youngest spec that pods
  // have not proven, and without which it can, gives way to that pipeline's last proven one; where
  // no single one is to blame, all do.
  Load Fitting(const Engine& engine, const SharedPart& part, const Load& load) const {
    Load good = Gather(engine, part, AllOf(Trust::kProven));
    const std::vector<std::string> doubted = Without(load, good);
    for (const std::string& one : doubted | std::views::reverse) {
      Load rest = Gather(engine, part, [&one](const Primary& primary) {
        return cache::Served(primary) == one ? Trust::kProven : Trust::kAccepted;
      });
      if (part.render(rest.pipelines, images_)) return rest;
    }
    return good;
  }

  static void StampServed(const Load& load, Rendered& rendered) {
    Json& metadata = rendered.intents.back().object["metadata"];
    metadata["annotations"][cache::kServesAnnotation] = Joined(load.serves);
  }

  // The pipelines that the part runs, and what it serves with them.
  Load Gather(const Engine& engine, const SharedPart& part, const TrustIn& trust_in) const {
    Load load;
    for (const Primary* primary : Everybody(self_, world_)) {
      const auto running = reader_.RunningOf(*primary, world_, trust_in(*primary));
      if (!running || (*running->accepted)->engine != &engine) continue;
      if (part.wanted((*running->accepted)->spec) == Wanted::kNo) continue;
      load.pipelines.push_back((*running->accepted)->pipeline);
      if (!running->serves.empty()) load.serves.push_back(running->serves);
      if (primary != &self_) load.company = Company::kOthers;
      load.retries += RetryOf(*primary);
    }
    return load;
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
  std::string refusals = operands::RefusalInputs(world);
  for (const auto* children : {&world.children, &world.shared}) {
    for (const auto& child : *children) refusals += child->refused;
  }
  const auto past = [](const Primary& primary) {
    return RetryOf(primary) + std::to_string(std::hash<std::string>()(primary.status)) + " ";
  };
  std::string inputs = operands::RestartInputs(world) + " " + refusals;
  if (!holds) return inputs + one(self) + (refusals.empty() ? "" : past(self));
  inputs += " holds ";
  for (const Primary* primary : Everybody(self, world)) inputs += one(*primary) + past(*primary);
  return inputs;
}

}  // namespace belvedere::logpipeline

#include "controllers/monitoringstack/plan.h"

#include <algorithm>
#include <utility>

#include "controllers/alertpolicy/attachment.h"
#include "controllers/alertpolicy/room.h"
#include "controllers/monitoringstack/singletons.h"
#include "controllers/monitoringstack/spec.h"
#include "controllers/operands/grafana.h"
#include "controllers/operands/operand.h"
#include "controllers/operands/restart.h"
#include "operator/base/hash.h"

namespace belvedere::monitoringstack {
namespace {

using cache::Primary;
using operands::Demand;
using operands::ImageTable;
using operands::Operand;
using operands::Operands;
using operands::Rendered;
using operands::Sharing;
using runtime::Cause;
using runtime::Plan;
using runtime::World;

constexpr const char* kInvalidSpec = "InvalidSpec";
constexpr const char* kUnsupportedVersion = "UnsupportedVersion";

using SpecOrCause = tl::expected<Spec, Cause>;

SpecOrCause ReadSpec(const Primary& primary) {
  const Result<Json> json = ParseJson(primary.spec);
  if (!json) return tl::unexpected(Cause{kInvalidSpec, "spec: " + json.error().message});
  Result<Spec> spec = ParseSpec(*json);
  if (!spec) return tl::unexpected(Cause{kInvalidSpec, spec.error().message});
  return std::move(*spec);
}

// Names of pods, Services and labels are made of the stack's name; each may have 63 characters.
constexpr std::size_t kMaxName = 36;

std::optional<Cause> RefuseName(const Primary& primary) {
  const std::string& name = primary.key.name;
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool fits = !name.empty() && name.size() <= kMaxName &&
                    std::ranges::all_of(name, is_allowed) && name.front() != '-' &&
                    name.back() != '-';
  if (fits) return std::nullopt;
  return Cause{kInvalidSpec, "metadata.name must have at most 36 characters, a-z, 0-9 and -"};
}

// Why an operand's image must not run, or nothing.
std::optional<Cause> RefuseImage(const Operand& operand, const operands::Input& input) {
  const std::string image = operands::ImageOf(operand, input);
  const std::optional<std::string> problem = operands::VersionProblem(operand.image, image);
  if (!problem) return std::nullopt;
  const bool by_spec = operand.spec_image != nullptr && !operand.spec_image(input.spec).empty();
  const std::string where =
      by_spec ? std::string(operand.image_field)
              : "images." + std::string(operand.image) + " of the operator's image table";
  return Cause{kUnsupportedVersion, where + ": " + *problem};
}

std::vector<std::string> ShardsOf(const Primary& self, const World& world) {
  return alertpolicy::ServedByShards({self.key.ns, self.key.name}, self.uid, world.children);
}

// Collects what the operands render into one plan.
class Planner {
 public:
  Planner(const Primary& self, const World& world, const ImageTable& images, const Spec& spec,
          const std::vector<alertpolicy::Attached>& attached)
      : self_(self),
        world_(world),
        images_(images),
        spec_(spec),
        policies_(alertpolicy::Publish(attached, ShardsOf(self, world))),
        routes_(alertpolicy::RoutesOf(policies_.running, spec.alerting.receivers)) {}

  Plan Run() {
    plan_.management = spec_.management == ManagementState::kPaused ? runtime::Management::kPaused
                                                                    : runtime::Management::kManaged;
    for (const Operand& operand : Operands()) {
      const bool done =
          operand.sharing == Sharing::kSingleton ? AddSingleton(operand) : AddOwn(operand, spec_);
      if (!done) return Refusal();
    }
    plan_.config_hash = hash_.Hex();
    return std::move(plan_);
  }

 private:
  // Config that the pods should run, by class; empty: none of that class.
  struct Wanted {
    std::string files;
    std::string checksum;
  };

  bool AddOwn(const Operand& operand, const Spec& spec) {
    if (operand.demand(spec) == Demand::kUnwanted) return true;
    const std::optional<Wanted> wanted = Add(operand, spec);
    if (!wanted) return false;
    Note(operand, *wanted);
    return true;
  }

  // Written by its holder, with the settings of the oldest stack that asks for it.
  bool AddSingleton(const Operand& operand) {
    if (operand.demand(spec_) == Demand::kWanted) Note(operand, {});
    const Primary* settings = operands::SettingsOf(SharedOf(operand), self_, world_);
    if (settings == nullptr) return true;
    const SpecOrCause spec = settings->uid == self_.uid ? SpecOrCause(spec_) : ReadSpec(*settings);
    const std::size_t before = plan_.intents.size();
    if (!spec || !Add(operand, *spec)) return false;
    for (std::size_t i = before; i < plan_.intents.size(); ++i) {
      plan_.intents[i].tie = runtime::Intent::Tie::kInventory;
      if (settings->uid != self_.uid) plan_.intents[i].when = runtime::Intent::When::kAlways;
    }
    return true;
  }

  // Renders the operand; returns what config it is to run, or nothing when it is refused.
  std::optional<Wanted> Add(const Operand& operand, const Spec& spec) {
    const operands::Input input{.stack = StackOf(self_),
                                .spec = spec,
                                .images = images_,
                                .policies = policies_.shards,
                                .routes = routes_,
                                .silences = policies_.silences,
                                .admin_secret = operands::AdminSecretOf(self_, world_)};
    refusal_ = RefuseImage(operand, input);
    if (refusal_) return std::nullopt;
    Result<Rendered> rendered = operand.render(input);
    if (!rendered) {
      refusal_ = Cause{kInvalidSpec, std::string(operand.name) + ": " + rendered.error().message};
      return std::nullopt;
    }
    for (runtime::Intent& intent : rendered->intents) plan_.intents.push_back(std::move(intent));
    Wanted wanted{.files = rendered->config_hash};
    if (rendered->restart) {
      wanted.checksum = rendered->restart->checksum;
      KeepOldConfigs(operand, *rendered->restart);
    }
    return wanted;
  }

  void KeepOldConfigs(const Operand& operand, const operands::RestartConfig& config) {
    const operands::RestartTarget target{.component = operand.name,
                                         .workload = operand.workload(StackOf(self_)),
                                         .owner_uid = self_.uid};
    for (kube::ResourceRef& ref : operands::StillNeeded(config, target, world_)) {
      plan_.keep.push_back(std::move(ref));
    }
  }

  void Note(const Operand& operand, const Wanted& wanted) {
    hash_.Add(operand.name).Add(wanted.files);
    if (!wanted.checksum.empty()) hash_.Add(wanted.checksum);
    plan_.components.push_back({.name = std::string(operand.name),
                                .workload = operand.workload(StackOf(self_)),
                                .desired = operand.replicas(spec_),
                                .wanted = wanted.files,
                                .agent_port = operands::kAgentPort,
                                .checksum = wanted.checksum,
                                .meter = operand.meter == nullptr
                                             ? Rare<runtime::Meter>()
                                             : operand.meter(policies_.shards)});
  }

  Plan Refusal() const { return {.management = plan_.management, .refused = refusal_}; }

  const Primary& self_;
  const World& world_;
  const ImageTable& images_;
  const Spec& spec_;
  const alertpolicy::Published policies_;
  const std::vector<config::routing::Policy> routes_;
  Plan plan_;
  ContentHash hash_;
  std::optional<Cause> refusal_;
};

}  // namespace

Plan MakePlan(const Primary& self, const World& world, const ImageTable& images,
              const alertpolicy::Compiler& policies) {
  if (std::optional<Cause> refusal = RefuseName(self)) {
    return {.refused = std::move(refusal)};
  }
  const SpecOrCause spec = ReadSpec(self);
  if (!spec) return {.refused = spec.error()};
  const auto attached = alertpolicy::AttachedTo(self, world, policies);
  return Planner(self, world, images, *spec, attached).Run();
}

std::string PlanInputs(const Primary& self, const World& world,
                       const alertpolicy::Compiler& policies) {
  std::string inputs = std::to_string(self.generation);
  for (const Operand& operand : Operands()) {
    if (operand.sharing != Sharing::kSingleton) continue;
    const Primary* settings = operands::SettingsOf(SharedOf(operand), self, world);
    inputs += settings == nullptr ? " -" : " " + cache::Served(*settings);
  }
  const auto attached = alertpolicy::AttachedTo(self, world, policies);
  inputs += alertpolicy::InputsOf(attached);
  inputs += alertpolicy::InputsOfCrowd(attached, ShardsOf(self, world));
  return inputs + " " + operands::AdminSecretOf(self, world) + operands::RestartInputs(world);
}

}  // namespace belvedere::monitoringstack

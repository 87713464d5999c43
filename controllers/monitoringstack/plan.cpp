#include "controllers/monitoringstack/plan.h"

#include <algorithm>
#include <utility>

#include "controllers/monitoringstack/singletons.h"
#include "controllers/monitoringstack/spec.h"
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

// Collects what the operands render into one plan.
class Planner {
 public:
  Planner(const Primary& self, const World& world, const ImageTable& images, const Spec& spec)
      : self_(self), world_(world), images_(images), spec_(spec) {}

  Plan Run() {
    plan_.management = spec_.management == ManagementState::kPaused ? runtime::Management::kPaused
                                                                    : runtime::Management::kManaged;
    plan_.detail["components"] = Json::array();
    for (const Operand& operand : Operands()) {
      const bool done =
          operand.sharing == Sharing::kSingleton ? AddSingleton(operand) : AddOwn(operand, spec_);
      if (!done) return Refusal();
    }
    plan_.detail["configHash"] = hash_.Hex();
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
    if (!wanted->files.empty()) AddReloads(operand, wanted->files);
    return true;
  }

  // Written by its holder, with the settings of the oldest stack that asks for it.
  bool AddSingleton(const Operand& operand) {
    if (operand.demand(spec_) == Demand::kWanted) Note(operand, {});
    const Primary* holder = HolderOf(operand, self_, world_);
    if (holder == nullptr || holder->uid != self_.uid) return true;
    const Primary* asking = OldestAsking(operand, &self_, world_.peers);
    // While it is paused, the holder asks for nothing and yet must keep what it has.
    if (asking == nullptr && operand.demand(spec_) == Demand::kUnwanted) return true;
    const SpecOrCause settings =
        asking == nullptr || asking == &self_ ? SpecOrCause(spec_) : ReadSpec(*asking);
    return settings && Add(operand, *settings).has_value();
  }

  // Renders the operand; returns what config it is to run, or nothing when it is refused.
  std::optional<Wanted> Add(const Operand& operand, const Spec& spec) {
    const operands::Input input{.stack = StackOf(self_), .spec = spec, .images = images_};
    refusal_ = RefuseImage(operand, input);
    if (refusal_) return std::nullopt;
    Result<Rendered> rendered = operand.render(input);
    if (!rendered) {
      refusal_ = Cause{kInvalidSpec, std::string(operand.name) + ": " + rendered.error().message};
      return std::nullopt;
    }
    for (runtime::Intent& intent : rendered->intents) plan_.intents.push_back(std::move(intent));
    Wanted wanted;
    if (!rendered->files.empty()) wanted.files = ConfigHash(rendered->files);
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
    Json component = {{"name", operand.name}, {"wanted", wanted.files}};
    if (!wanted.checksum.empty()) {
      hash_.Add(wanted.checksum);
      component["checksum"] = wanted.checksum;
    }
    if (const std::optional<int> replicas = operand.replicas(spec_)) {
      component["desired"] = *replicas;
    }
    plan_.detail["components"].push_back(std::move(component));
  }

  void AddReloads(const Operand& operand, const std::string& wanted) {
    for (const auto& pod : world_.pods) {
      if (pod->component != operand.name || pod->deleting) continue;
      const bool v6 = pod->ip.find(':') != std::string::npos;
      const std::string host = v6 ? "[" + pod->ip + "]" : pod->ip;
      const std::string url =
          pod->ip.empty() ? "" : "http://" + host + ":" + std::to_string(operands::kAgentPort);
      plan_.reloads.push_back(
          {.pod = pod->key, .pod_uid = pod->uid, .agent_url = url, .wanted = wanted});
    }
  }

  Plan Refusal() const {
    return {.management = plan_.management, .refused = refusal_, .detail = Json::object()};
  }

  const Primary& self_;
  const World& world_;
  const ImageTable& images_;
  const Spec& spec_;
  Plan plan_;
  ContentHash hash_;
  std::optional<Cause> refusal_;
};

}  // namespace

Plan MakePlan(const Primary& self, const World& world, const ImageTable& images) {
  if (std::optional<Cause> refusal = RefuseName(self)) {
    return {.refused = std::move(refusal), .detail = Json::object()};
  }
  const SpecOrCause spec = ReadSpec(self);
  if (!spec) return {.refused = spec.error(), .detail = Json::object()};
  return Planner(self, world, images, *spec).Run();
}

Detail DetailOf(const Primary& self, const Plan& plan) {
  Detail detail{.config_hash = StringAt(plan.detail, "/configHash")};
  const Json& components = At(plan.detail, "/components");
  for (const Json& entry : components.is_array() ? components : Json::array()) {
    const std::string name = StringAt(entry, "/name");
    for (const Operand& operand : Operands()) {
      if (operand.name != name) continue;
      ComponentPlan component{.name = name,
                              .workload = operand.workload(StackOf(self)),
                              .wanted = StringAt(entry, "/wanted"),
                              .checksum = StringAt(entry, "/checksum")};
      if (entry.contains("desired")) component.desired = entry.at("desired").get<int>();
      detail.components.push_back(std::move(component));
    }
  }
  return detail;
}

}  // namespace belvedere::monitoringstack

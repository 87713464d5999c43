#include "controllers/alertpolicy/report.h"

#include <algorithm>
#include <utility>

#include "controllers/alertpolicy/activity.h"
#include "controllers/alertpolicy/attachment.h"
#include "controllers/alertpolicy/reach.h"
#include "controllers/alertpolicy/room.h"
#include "controllers/monitoringstack/kind.h"
#include "controllers/operands/accepted_spec.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;
using runtime::Cause;
using runtime::Condition;
using runtime::Fact;
using runtime::Truth;

constexpr const char* kInvalidSpec = "InvalidSpec";
constexpr const char* kEntryRejected = "EntryRejected";
constexpr const char* kReferenceNotFound = "ReferenceNotFound";
constexpr const char* kNamespaceNotAccepted = "NamespaceNotAccepted";
constexpr const char* kNoRoom = "NoRoom";
constexpr const char* kWaitingForStack = "WaitingForStack";

constexpr std::size_t kMaxMessage = 1024;

// Why the entry cannot work, by its spec or by what its Prometheus sees; empty: it can.
std::string ProblemOf(const Judged& entry, const Activities& activities) {
  if (!entry.problem.empty() || !entry.edge) return entry.problem;
  const std::set<double> others = activities.OtherEdgesOf(entry.name);
  if (others.empty()) return "";
  const Status good = config::slo::CheckEdge(entry.edge->seconds, others);
  return good ? "" : entry.edge->path + "." + good.error().message;
}

std::optional<Cause> ProblemOf(const Compiled& compiled, const Activities& activities) {
  if (compiled.refused) return Cause{kInvalidSpec, *compiled.refused};
  std::string problems;
  for (const Judged& entry : compiled.entries) {
    const std::string problem = ProblemOf(entry, activities);
    if (!problem.empty()) problems += (problems.empty() ? "" : "; ") + problem;
  }
  if (problems.empty()) return std::nullopt;
  return Cause{kEntryRejected, problems.substr(0, kMaxMessage)};
}

std::string Kilobytes(std::size_t bytes) { return std::to_string((bytes + 1023) / 1024) + " KiB"; }

// How far the rules of this very generation are.
enum class Progress { kAbsent, kWritten, kLoaded };

class Reporter {
 public:
  Reporter(const Primary& self, const runtime::World& world, const Compiler& compiler)
      : self_(self),
        world_(world),
        stack_key_(compiler.StackOf(self)),
        activities_(self.key, world.readings) {
    const Result<Json> status = ParseJson(self.status);
    if (status) before_ = *status;
    FindStack(compiler);
    if (stack_ == nullptr) return;
    served_ = ServedByShards({stack_key_.ns, stack_key_.name}, stack_->uid, world.shared);
  }

  runtime::Report Make() {
    runtime::Report report;
    const std::optional<Cause> refused = Refusal();
    report.verdict.stalled = refused;
    report.verdict.accepted = refused ? Fact{Truth::kFalse, *refused}
                                      : Fact{Truth::kTrue, {"Accepted", "the spec is valid"}};
    report.verdict.available = AvailableOf();
    progress_ = compiled_ == nullptr ? Progress::kAbsent : ProgressOf();
    const bool loaded = progress_ == Progress::kLoaded;
    report.verdict.config_loaded =
        loaded
            ? Fact{Truth::kTrue, {"Loaded", "every Prometheus of the stack runs the rules"}}
            : Fact{Truth::kFalse, refused && progress_ == Progress::kAbsent ? *refused : Waiting()};
    if (!refused && !loaded) report.verdict.progressing = Waiting();
    report.fields = Json{{"entries", Entries()}};
    const std::string running = compiled_ == nullptr ? "" : compiled_->running;
    operands::KeepSpecs(self_, running.empty() ? operands::AcceptedSpec(self_) : running, report);
    return report;
  }

 private:
  void FindStack(const Compiler& compiler) {
    stack_ = alertpolicy::FindStack(stack_key_, world_);
    if (stack_ == nullptr) return;
    const Result<Json> status = ParseJson(stack_->status);
    if (status) stack_status_ = *status;
    stack_spec_ = compiler.StackSpec(*stack_);
    if (!*stack_spec_) return;
    acceptance_ = AcceptanceOf(self_, stack_key_.ns, **stack_spec_, world_);
    compiled_ = compiler.Get(self_, GroundOf(stack_key_.ns, **stack_spec_));
  }

  bool IsListed(const std::string& served) const {
    return std::ranges::any_of(
        served_, [&served](const std::string& list) { return cache::Lists(list, served); });
  }

  std::string StackName() const { return "MonitoringStack " + kube::ToString(stack_key_); }

  Cause Waiting() const {
    return {kWaitingForStack, StackName() + " has not loaded the rules yet; its status says why"};
  }

  std::optional<Cause> Refusal() const {
    if (stack_ == nullptr) {
      return Cause{kReferenceNotFound,
                   "spec.stack: there is no " + StackName() + "; create it, or correct the name"};
    }
    if (compiled_ == nullptr) return std::nullopt;  // the stack's own spec is refused
    if (acceptance_ == Acceptance::kRefused) {
      return Cause{kNamespaceNotAccepted,
                   "spec.stack: " + StackName() + " takes no policies of namespace " +
                       self_.key.ns + ": select it in the stack's spec.policies.namespaceSelector"};
    }
    if (std::optional<Cause> problem = ProblemOf(*compiled_, activities_)) return problem;
    const auto& receivers = (*stack_spec_)->alerting.receivers;
    for (std::size_t i = 0; i < compiled_->routes.targets.size(); ++i) {
      if (auto problem = alertpolicy::ProblemOf(compiled_->routes, i, receivers)) {
        return Cause{kReferenceNotFound, *std::move(problem)};
      }
    }
    return NoRoom();
  }

  std::optional<Cause> NoRoom() const {
    if (IsListed(LeftOut(self_))) {
      return Cause{kNoRoom,
                   "spec.stack: the policies of " + StackName() +
                       " fill what it can hold, and this one (" +
                       Kilobytes(compiled_->rules.size()) + " of rules, " +
                       Kilobytes(compiled_->route_bytes) +
                       " of routes) found no room; what ran of it before runs on: name another "
                       "stack, or remove entries"};
    }
    if (IsListed(Unsilenced(self_))) {
      return Cause{kNoRoom, "spec.silences: those of all policies fill what " + StackName() +
                                " can hold, and none of this one is kept: remove those that are "
                                "over, or name another stack"};
    }
    return std::nullopt;
  }

  Fact AvailableOf() const {
    if (stack_ == nullptr) return {Truth::kFalse, *Refusal()};
    const std::vector<Condition> conditions = runtime::ConditionsFrom(stack_status_);
    const Condition* available = runtime::FindCondition(conditions, "Available");
    if (available == nullptr) return {Truth::kFalse, Waiting()};
    if (available->status == Truth::kTrue) {
      return {Truth::kTrue, {"Serving", "the stack evaluates rules"}};
    }
    return {available->status, available->cause};
  }

  // Once every pod has proven this generation it stays loaded while the shard holds it, whatever
  // else in the shard is being loaded: else an edit of one policy would unsettle all of them.
  Progress ProgressOf() const {
    if (acceptance_ == Acceptance::kRefused) return Progress::kAbsent;
    if (!IsListed(cache::Served(self_))) return Progress::kAbsent;
    const std::vector<Condition> conditions = runtime::ConditionsFrom(before_);
    const Condition* loaded = runtime::FindCondition(conditions, "ConfigLoaded");
    const bool was_loaded = loaded != nullptr && loaded->status == Truth::kTrue &&
                            loaded->observed_generation == self_.generation;
    if (was_loaded) return Progress::kLoaded;
    const bool is_loaded =
        StringAt(stack_status_, std::string("/") + kLoadedPolicies) == HashOfServed(served_);
    return is_loaded ? Progress::kLoaded : Progress::kWritten;
  }

  Json Entries() const {
    Json entries = Json::array();
    if (compiled_ == nullptr) return entries;
    for (const Judged& entry : compiled_->entries) {
      const auto [state, message] = StateOf(entry);
      Json one{{"name", entry.name}, {"state", state}};
      if (!message.empty()) one["message"] = message.substr(0, kMaxMessage);
      if (entry.problem.empty()) {
        one["receivers"] = ReachOf(compiled_->routes, entry.severities, (*stack_spec_)->alerting);
      }
      entries.push_back(std::move(one));
    }
    return entries;
  }

  struct EntryState {
    const char* name;
    std::string message;
  };
  EntryState StateOf(const Judged& entry) const {
    if (std::string problem = ProblemOf(entry, activities_); !problem.empty()) {
      return {"Rejected", std::move(problem)};
    }
    if (progress_ != Progress::kLoaded) return {"Pending", entry.note};
    Activity activity = activities_.Of(entry.name);
    switch (activity.state) {
      case Activity::State::kFiring:
        return {"Firing", std::move(activity.alert)};
      case Activity::State::kMuted:
        return {"Muted", std::move(activity.alert)};
      case Activity::State::kNoData:
        return {"NoData", std::move(activity.alert)};
      case Activity::State::kQuiet:
        break;
    }
    return {"Loaded", entry.note};
  }

  const Primary& self_;
  const runtime::World& world_;
  const kube::ObjectKey stack_key_;
  const Activities activities_;
  Json before_ = Json::object();
  Json stack_status_ = Json::object();
  const Primary* stack_ = nullptr;
  std::shared_ptr<const Result<monitoringstack::Spec>> stack_spec_;  // null without a stack
  Acceptance acceptance_ = Acceptance::kRefused;
  std::shared_ptr<const Compiled> compiled_;  // null where the stack has no spec
  Progress progress_ = Progress::kAbsent;
  std::vector<std::string> served_;  // by each shard
};

}  // namespace

const Primary* FindStack(const kube::ObjectKey& key, const runtime::World& world) {
  const auto stacks = world.others.find(monitoringstack::kMonitoringStack);
  if (stacks == world.others.end()) return nullptr;
  const auto found =
      std::ranges::find(stacks->second, key, [](const auto& stack) { return stack->key; });
  return found == stacks->second.end() || (*found)->deleting ? nullptr : found->get();
}

std::optional<Cause> RefusalOf(const Primary& self, const runtime::World& world,
                               const Compiler& compiler) {
  const kube::ObjectKey key = compiler.StackOf(self);
  Ground ground = AnyGround(key.ns);
  const Primary* stack = FindStack(key, world);
  if (stack != nullptr) {
    const auto spec = compiler.StackSpec(*stack);
    if (!*spec) return std::nullopt;
    ground = GroundOf(key.ns, **spec);
  }
  return ProblemOf(*compiler.Get(self, ground), Activities(self.key, {}));
}

runtime::Report MakeReport(const Primary& self, const runtime::World& world,
                           const Compiler& compiler) {
  return Reporter(self, world, compiler).Make();
}

}  // namespace belvedere::alertpolicy

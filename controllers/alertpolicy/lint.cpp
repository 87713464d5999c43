#include "controllers/alertpolicy/lint.h"

#include "controllers/alertpolicy/advice.h"
#include "controllers/alertpolicy/attachment.h"
#include "controllers/alertpolicy/report.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;
using enum Finding::Kind;

class Linter {
 public:
  Linter(const Primary& policy, const runtime::World& world, const Compiler& compiler)
      : policy_(policy), world_(world), compiler_(compiler) {}

  std::vector<Finding> Lint() {
    const kube::ObjectKey key = compiler_.StackOf(policy_);
    const Primary* stack = FindStack(key, world_);
    const auto spec = stack == nullptr ? nullptr : compiler_.StackSpec(*stack);
    const bool is_known = spec != nullptr && spec->has_value();
    const auto compiled =
        compiler_.Get(policy_, is_known ? GroundOf(key.ns, **spec) : AnyGround(key.ns));
    CheckSpec(*compiled);
    if (is_known) {
      CheckStack(key, **spec, *compiled);
    } else {
      Add(kNote, "spec.stack: MonitoringStack " + kube::ToString(key) +
                     " is not known here: its receivers, and how long it keeps series, were not "
                     "checked");
    }
    Advise();
    return std::move(findings_);
  }

 private:
  void Add(Finding::Kind kind, std::string text) {
    findings_.push_back({.kind = kind, .text = std::move(text)});
  }

  void CheckSpec(const Compiled& compiled) {
    if (compiled.refused) Add(kError, *compiled.refused);
    for (const Judged& entry : compiled.entries) {
      if (!entry.problem.empty()) Add(kError, entry.problem);
      if (!entry.note.empty()) Add(kNote, "entry " + entry.name + ": " + entry.note);
    }
  }

  void CheckStack(const kube::ObjectKey& key, const monitoringstack::Spec& stack,
                  const Compiled& compiled) {
    if (AcceptanceOf(policy_, key.ns, stack, world_) == Acceptance::kRefused) {
      if (stack.policies.namespaces) {
        Add(kNote, "spec.stack: MonitoringStack " + kube::ToString(key) +
                       " selects namespaces by labels, and those of " + policy_.key.ns +
                       ", as far as they are known here, are not enough");
      } else {
        Add(kError, MakeReport(policy_, world_, compiler_).verdict.stalled->message);
      }
    }
    for (std::size_t i = 0; i < compiled.routes.targets.size(); ++i) {
      auto problem = ProblemOf(compiled.routes, i, stack.alerting.receivers);
      if (problem) Add(kError, *std::move(problem));
    }
  }

  void Advise() {
    const Result<Json> json = ParseJson(policy_.spec);
    const Result<Spec> spec = json ? ParseSpec(*json, policy_.key.ns) : Fail(json.error());
    if (!spec) return;
    for (const Advice& one : AdviceOn(*spec)) {
      Add(kAdvice, one.text + " (" + std::string(one.rule) + ")");
    }
  }

  const Primary& policy_;
  const runtime::World& world_;
  const Compiler& compiler_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Lint(const Primary& policy, const runtime::World& world,
                          const Compiler& compiler) {
  return Linter(policy, world, compiler).Lint();
}

}  // namespace belvedere::alertpolicy

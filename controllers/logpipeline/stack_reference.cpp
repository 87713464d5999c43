#include "controllers/logpipeline/stack_reference.h"

#include <algorithm>
#include <string>

#include "controllers/monitoringstack/spec.h"

namespace belvedere::logpipeline {
namespace {

using cache::Primary;

// A stack whose own spec is wrong says so itself, and runs on as it was.
bool HasNoStore(const Primary& stack) {
  const Result<Json> json = ParseJson(stack.spec);
  if (!json) return false;
  const Result<monitoringstack::Spec> spec = monitoringstack::ParseSpec(*json);
  return spec.has_value() && spec->logs.store == monitoringstack::LogStore::kNone;
}

std::string ProblemOf(const kube::ObjectKey& key,
                      std::span<const std::shared_ptr<const Primary>> stacks) {
  const auto found = std::ranges::find(stacks, key, [](const auto& stack) { return stack->key; });
  const std::string name = "MonitoringStack " + kube::ToString(key);
  if (found == stacks.end() || (*found)->deleting) {
    return "there is no " + name + "; create it, or correct the name";
  }
  if (HasNoStore(**found)) return name + " stores no logs; set its spec.logs.store to Loki";
  return "";
}

}  // namespace

std::optional<runtime::Cause> MissingStack(std::span<const Output> outputs,
                                           std::span<const std::shared_ptr<const Primary>> stacks) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::optional<kube::ObjectKey> stack = outputs[i].Stack();
    if (!stack) continue;
    const std::string problem = ProblemOf(*stack, stacks);
    if (problem.empty()) continue;
    const std::string field = "spec.outputs[" + std::to_string(i) + "].stack: ";
    return runtime::Cause{"ReferenceNotFound", field + problem};
  }
  return std::nullopt;
}

bool Names(std::span<const Output> outputs, const kube::ObjectKey& stack) {
  return std::ranges::any_of(outputs,
                             [&](const Output& output) { return output.Stack() == stack; });
}

}  // namespace belvedere::logpipeline

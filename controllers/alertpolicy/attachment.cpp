#include "controllers/alertpolicy/attachment.h"

#include <algorithm>
#include <functional>

#include "controllers/config/selector.h"
#include "controllers/operands/accepted_spec.h"
#include "controllers/operands/prometheus.h"
#include "operator/base/hash.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;

}  // namespace

Acceptance AcceptanceOf(const Primary& policy, const std::string& stack_namespace,
                        const monitoringstack::Spec& stack, const runtime::World& world) {
  if (policy.key.ns == stack_namespace) return Acceptance::kAccepted;
  const cache::Namespace* ns = world.namespaces.Find(policy.key.ns);
  if (!stack.policies.namespaces || ns == nullptr) return Acceptance::kRefused;
  return config::Selects(*stack.policies.namespaces, ns->labels) ? Acceptance::kAccepted
                                                                 : Acceptance::kRefused;
}

std::vector<Attached> AttachedTo(const Primary& stack, const runtime::World& world,
                                 const Compiler& compiler) {
  std::vector<Attached> attached;
  const auto policies = world.others.find(kAlertPolicy);
  if (policies == world.others.end()) return attached;
  std::shared_ptr<const Result<monitoringstack::Spec>> spec;
  for (const auto& policy : policies->second) {
    if (policy->deleting || compiler.StackOf(*policy) != stack.key) continue;
    // Here and not before: most stacks have no policy, and each pass would read their spec.
    if (spec == nullptr) spec = compiler.StackSpec(stack);
    if (!*spec) return {};
    if (AcceptanceOf(*policy, stack.key.ns, **spec, world) == Acceptance::kRefused) continue;
    const Ground ground = GroundOf(stack.key.ns, **spec);
    attached.push_back({.policy = policy,
                        .compiled = compiler.Get(*policy, ground),
                        .last = [policy, ground, &compiler] {
                          Primary last = *policy;
                          last.spec = operands::ProvenSpec(*policy);
                          return compiler.Get(last, ground);
                        }});
  }
  std::ranges::sort(attached, {}, [](const Attached& one) { return one.policy->key; });
  return attached;
}

std::vector<std::string> ServedByShards(
    const operands::StackRef& stack, const std::string& stack_uid,
    std::span<const std::shared_ptr<const cache::Child>> children) {
  std::vector<std::string> served(operands::kPolicyShards);
  for (const auto& child : children) {
    const std::optional<int> shard = operands::PolicyShardOf(stack, child->ref);
    if (shard && child->owner_uid == stack_uid) {
      served[static_cast<std::size_t>(*shard)] = child->serves.Get();
    }
  }
  return served;
}

std::optional<std::string> ProblemOf(const config::routing::Policy& policy, std::size_t target,
                                     const std::vector<monitoringstack::Receiver>& receivers) {
  const auto* named = std::get_if<std::string>(&policy.targets[target].to);
  if (named == nullptr) return std::nullopt;  // its own
  const std::string& name = *named;
  const std::string path = "spec.notify[" + std::to_string(target) + "].receiver: ";
  const auto found = std::ranges::find(receivers, name, &monitoringstack::Receiver::name);
  if (found == receivers.end()) {
    return path + "the stack has no receiver \"" + name +
           "\": add it to its spec.alerting.receivers, or name another";
  }
  const std::vector<std::string>& allowed = found->allowed_namespaces;
  if (allowed.empty() || std::ranges::find(allowed, policy.ns) != allowed.end()) {
    return std::nullopt;
  }
  return path + "receiver \"" + name + "\" is not for namespace " + policy.ns +
         ": add it to the receiver's allowedNamespaces in the stack, or name another";
}

std::vector<config::routing::Policy> RoutesOf(
    const std::vector<Attached>& attached,
    const std::vector<monitoringstack::Receiver>& receivers) {
  std::vector<config::routing::Policy> routes;
  for (const Attached& one : attached) {
    config::routing::Policy made = one.compiled->routes;
    std::vector<config::routing::Target> targets;
    for (std::size_t i = 0; i < made.targets.size(); ++i) {
      if (!ProblemOf(made, i, receivers)) targets.push_back(made.targets[i]);
    }
    made.targets = std::move(targets);
    if (!made.targets.empty()) routes.push_back(std::move(made));
  }
  return routes;
}

std::string InputsOf(const std::vector<Attached>& attached) {
  std::string inputs;
  for (const Attached& one : attached) {
    inputs += " " + cache::Served(*one.policy);
    if (one.compiled->running == one.policy->spec) continue;
    inputs += "/" + std::to_string(std::hash<std::string>()(one.compiled->running));
  }
  return inputs;
}

std::string HashOfServed(std::span<const std::string> served) {
  ContentHash hash;
  for (const std::string& one : served) hash.Add(one);
  return hash.Hex();
}

}  // namespace belvedere::alertpolicy

#include "controllers/alertpolicy/attachment.h"

#include <algorithm>
#include <functional>

#include "controllers/config/selector.h"
#include "controllers/operands/prometheus.h"
#include "controllers/operands/reload.h"
#include "operator/base/hash.h"

namespace belvedere::alertpolicy {
namespace {

using cache::Primary;
using operands::RuleShard;

// The file stands beside the config in one ConfigMap: no tenant may fill that for all others.
constexpr std::size_t kMaxSilenceBytes = 256 * 1024;

// Neither a namespace nor a policy has a dot in its name.
std::string FileOf(const Primary& policy) {
  return policy.key.ns + "." + policy.key.name + ".yaml";
}

std::size_t HomeOf(const Primary& policy) {
  const std::string digits = HashOf(policy.key.ns + "/" + policy.key.name).substr(0, 8);
  return std::stoul(digits, nullptr, 16) % operands::kPolicyShards;
}

std::size_t SizeOf(const RuleShard& shard) {
  std::size_t size = 0;
  for (const auto& [name, text] : shard.files) size += name.size() + text.size();
  return size;
}

// Puts the policy into the first of so many shards, from its own on, that has room.
enum class Placed { kYes, kNo };
Placed Place(const Attached& one, std::size_t tries, std::vector<RuleShard>& shards) {
  const std::string file = FileOf(*one.policy);
  const std::size_t size = file.size() + one.compiled->rules.size();
  for (std::size_t i = 0; i < tries; ++i) {
    RuleShard& shard = shards[(HomeOf(*one.policy) + i) % shards.size()];
    if (SizeOf(shard) + size > operands::kMaxConfigMapBytes) continue;
    shard.files[file] = one.compiled->rules;
    if (!one.compiled->refused) cache::Enlist(shard.serves, cache::Served(*one.policy));
    return Placed::kYes;
  }
  return Placed::kNo;
}

// Those of `attached` whose silences have no room beside those of the ones before them.
std::vector<const Attached*> WithoutRoomForSilences(const std::vector<Attached>& attached) {
  std::vector<const Attached*> rest;
  std::size_t used = 0;
  for (const Attached& one : attached) {
    if (one.compiled->silences.empty()) continue;
    const std::size_t size = Dump(config::SilenceFile(one.compiled->silences)).size();
    if (used + size > kMaxSilenceBytes) {
      rest.push_back(&one);
    } else {
      used += size;
    }
  }
  return rest;
}

}  // namespace

Acceptance AcceptanceOf(const Primary& policy, const std::string& stack_namespace,
                        const monitoringstack::Spec& stack, const runtime::World& world) {
  if (policy.key.ns == stack_namespace) return Acceptance::kAccepted;
  const auto ns = world.namespaces.find(policy.key.ns);
  if (!stack.policies.namespaces || ns == world.namespaces.end()) return Acceptance::kRefused;
  return config::Selects(*stack.policies.namespaces, ns->second->labels) ? Acceptance::kAccepted
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
    attached.push_back(
        {.policy = policy, .compiled = compiler.Get(*policy, GroundOf(stack.key.ns, **spec))});
  }
  std::ranges::sort(attached, {}, [](const Attached& one) { return one.policy->key; });
  return attached;
}

std::vector<RuleShard> MakeShards(const std::vector<Attached>& attached) {
  std::vector<RuleShard> shards(operands::kPolicyShards);
  std::vector<const Attached*> homeless;
  for (const Attached& one : attached) {
    if (one.compiled->rules.empty()) continue;
    if (Place(one, 1, shards) == Placed::kNo) homeless.push_back(&one);
  }
  for (const Attached* one : homeless) {
    if (Place(*one, shards.size(), shards) == Placed::kYes) continue;
    cache::Enlist(shards[HomeOf(*one->policy)].serves, LeftOut(*one->policy));
  }
  for (const Attached* one : WithoutRoomForSilences(attached)) {
    cache::Enlist(shards[HomeOf(*one->policy)].serves, Unsilenced(*one->policy));
  }
  return shards;
}

std::string LeftOut(const Primary& policy) { return "!" + cache::Served(policy); }
std::string Unsilenced(const Primary& policy) { return "~" + cache::Served(policy); }

std::vector<std::string> ServedByShards(
    const operands::StackRef& stack, const std::string& stack_uid,
    std::span<const std::shared_ptr<const cache::Child>> children) {
  std::vector<std::string> served(operands::kPolicyShards);
  for (const auto& child : children) {
    const std::optional<int> shard = operands::PolicyShardOf(stack, child->ref);
    if (shard && child->owner_uid == stack_uid) {
      served[static_cast<std::size_t>(*shard)] = child->serves;
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

std::vector<config::Silence> SilencesOf(const std::vector<Attached>& attached) {
  const std::vector<const Attached*> left_out = WithoutRoomForSilences(attached);
  std::vector<config::Silence> all;
  for (const Attached& one : attached) {
    if (std::ranges::find(left_out, &one) != left_out.end()) continue;
    const std::vector<config::Silence>& own = one.compiled->silences;
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::string InputsOf(const std::vector<Attached>& attached) {
  std::string inputs;
  for (const auto& [policy, compiled] : attached) {
    inputs += " " + cache::Served(*policy);
    if (compiled->running == policy->spec) continue;
    inputs += "/" + std::to_string(std::hash<std::string>()(compiled->running));
  }
  return inputs;
}

std::string HashOfServed(std::span<const std::string> served) {
  ContentHash hash;
  for (const std::string& one : served) hash.Add(one);
  return hash.Hex();
}

}  // namespace belvedere::alertpolicy

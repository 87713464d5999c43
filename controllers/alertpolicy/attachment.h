#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controllers/alertpolicy/compile.h"
#include "controllers/operands/operand.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// Policies on stacks: which belong to which, and where their rules are.
namespace belvedere::alertpolicy {

inline constexpr kube::ResourceType kAlertPolicy{
    "belvedere.dev/v1alpha1/AlertPolicy/alertpolicies"};

enum class Acceptance { kAccepted, kRefused };
// Whether a stack takes policies of the namespace of `policy`.
Acceptance AcceptanceOf(const cache::Primary& policy, const std::string& stack_namespace,
                        const monitoringstack::Spec& stack, const runtime::World& world);

// A policy of a stack, and what it becomes there.
struct Attached {
  std::shared_ptr<const cache::Primary> policy;
  std::shared_ptr<const Compiled> compiled;
  // Of the spec that pods have proven last. Keeps a reference to the compiler.
  std::function<std::shared_ptr<const Compiled>()> last = {};
};

// Those that a stack runs, in order of namespace and name; `world` is the stack's. None where its
// spec is refused.
std::vector<Attached> AttachedTo(const cache::Primary& stack, const runtime::World& world,
                                 const Compiler& compiler);

// What each shard of a stack serves, as it is written; empty where there is none.
std::vector<std::string> ServedByShards(
    const operands::StackRef& stack, const std::string& stack_uid,
    std::span<const std::shared_ptr<const cache::Child>> children);

// Why a target of a policy cannot be notified by its stack, with the path of its field; nothing
// where it can.
std::optional<std::string> ProblemOf(const config::routing::Policy& policy, std::size_t target,
                                     const std::vector<monitoringstack::Receiver>& receivers);

// Whom the stack notifies of what the policies find: targets without a problem.
std::vector<config::routing::Policy> RoutesOf(
    const std::vector<Attached>& attached, const std::vector<monitoringstack::Receiver>& receivers);

// What of them the plan of the stack depends on while there is room for all, as text.
std::string InputsOf(const std::vector<Attached>& attached);

// One hash over what all shards serve, in order. A stack whose pods have proven their config says
// so of it in its status (kLoadedPolicies).
std::string HashOfServed(std::span<const std::string> served);
inline constexpr const char* kLoadedPolicies = "loadedPolicies";

}  // namespace belvedere::alertpolicy

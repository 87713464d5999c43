#pragma once

#include <optional>

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// One or more identical Prometheus servers, which scrape the targets of the stack and evaluate its
// rules.
Operand Prometheus();

// Where the rules of policies are: shards of them, of which those are there that hold any.
inline constexpr int kPolicyShards = 32;
kube::ResourceRef PolicyShardRef(const StackRef& stack, int shard);
// The number of the shard that has this name; nullopt: it is none of the stack.
std::optional<int> PolicyShardOf(const StackRef& stack, const kube::ResourceRef& ref);

// What Prometheus counts, for its policies, of alerts that are pending or firing; by the labels
// policy_namespace, policy_name, entry, alertname, alertstate (config/rules/policies.yaml).
inline constexpr const char* kPolicyAlerts = "policy_entry:ALERTS:count";

// Where a stack's Prometheus answers: http://HOST:PORT.
std::string PrometheusUrl(const StackRef& stack);

}  // namespace belvedere::operands

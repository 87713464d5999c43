#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/alertpolicy/compile.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// Policies and the world around them, for tests.
namespace belvedere::alertpolicy::testing {

using PrimaryPtr = std::shared_ptr<const cache::Primary>;

// A good SLO, as YAML on one line.
std::string SloYaml(const std::string& name, const std::string& metric = "requests_total",
                    const std::string& target = "99.9");
// A policy "ns/name" of the stack "monitoring/main", with these entries.
PrimaryPtr MakePolicy(const std::string& ns, const std::string& name,
                      const std::vector<std::string>& slos, std::int64_t generation = 1);
// It, with these fields of the spec, as YAML, besides or in place of its own.
PrimaryPtr WithFields(const PrimaryPtr& policy, const std::string& yaml);
// It, with this spec accepted last.
PrimaryPtr WithAccepted(const PrimaryPtr& policy, const std::string& spec);

// The stack "monitoring/main" with these policies, which it takes from any namespace that has the
// label `alerts: "yes"`, as "shop" and "bank" have.
PrimaryPtr MakeMain(const std::string& spec_yaml = "");
runtime::World StackWorld(const PrimaryPtr& stack, const std::vector<PrimaryPtr>& policies);
// What a policy sees of that stack: `served` in one shard, and `status`.
runtime::World PolicyWorld(const PrimaryPtr& stack, const PrimaryPtr& policy,
                           const std::string& served);

}  // namespace belvedere::alertpolicy::testing

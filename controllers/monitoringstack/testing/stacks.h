#pragma once

#include <map>
#include <memory>
#include <string>

#include "controllers/monitoringstack/kind.h"

// Stacks and the world around them, for tests of the plan and the status.
namespace belvedere::monitoringstack::testing {

using PrimaryPtr = std::shared_ptr<const cache::Primary>;

// A stack `ns/name` whose spec is this YAML. `created` decides who is oldest.
PrimaryPtr MakeStack(const std::string& ns, const std::string& name, const std::string& spec_yaml,
                     const std::string& created = "2026-01-01T00:00:00Z");

// The plan as the engine would ask for it, with `world.peers` at least holding the stack.
runtime::Plan PlanOf(const PrimaryPtr& stack, runtime::World world = {});

std::shared_ptr<const cache::Child> ChildOf(const kube::ResourceRef& ref,
                                            const std::string& owner_uid,
                                            const cache::Rollout& rollout);

// A world in which every workload of `plan` is rolled out on `nodes` nodes and every pod of the
// stack's own operands runs the wanted config.
runtime::World RolledOut(const PrimaryPtr& stack, int nodes = 1);

}  // namespace belvedere::monitoringstack::testing

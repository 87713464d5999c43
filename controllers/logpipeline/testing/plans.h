#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/logpipeline/plan.h"

// Pipelines as the API server has them, and what is planned for them.
namespace belvedere::logpipeline::testing {

using PrimaryPtr = std::shared_ptr<const cache::Primary>;

// Drops what is named, so that a config shows whose spec it was made of: members of a YAML map.
std::string Drops(const std::string& what);

// `spec`: members of a YAML map besides what every pipeline needs.
std::string SpecText(const std::string& spec);

struct Given {
  std::string ns = "shop";
  std::string spec;  // as SpecText() takes it
  std::string created = "2026-01-01T00:00:00Z";
  std::string accepted;  // likewise; "-": none
  std::int64_t generation = 1;
  std::string proven = "-";  // likewise; "-": as accepted
};

// Pipeline "logs" of the namespace.
PrimaryPtr MakePipeline(const Given& given);

void SetNamespace(runtime::World& world, const std::string& name, const std::string& uid);

// They, and their namespaces.
runtime::World WorldOf(std::vector<PrimaryPtr> peers);

runtime::Plan PlanOf(const PrimaryPtr& self, const runtime::World& world);

// Null where the plan has none of that name.
const runtime::Intent* FindIntent(const runtime::Plan& plan, const kube::ResourceType& type,
                                  const std::string& name);

// Whom the node agent `name` is to serve.
std::string ServesOf(const runtime::Plan& plan, const std::string& name);

// Text of the config that the node agent `name` gets.
std::string ConfigOf(const runtime::Plan& plan, const std::string& name);

}  // namespace belvedere::logpipeline::testing

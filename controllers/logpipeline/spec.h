#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/pipeline.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/resource.h"

// The spec of a LogPipeline, typed, with every default filled in. Nothing in it is raw JSON.
namespace belvedere::logpipeline {

enum class Agent { kFluentBit, kOpenTelemetry };
enum class ManagementState { kManaged, kPaused };

struct Spec {
  ManagementState management = ManagementState::kManaged;
  Agent agent = Agent::kFluentBit;
  std::optional<Containers> containers;
  std::vector<std::string> units;
  Wanted control_plane = Wanted::kNo;
  std::optional<Audit> audit;
  Wanted events = Wanted::kNo;
  std::vector<Filter> filters;
  std::vector<Output> outputs;
  Buffer buffer;
  int retention_days = 0;  // of its streams in the stack's store; 0: the store's own
};

// Reads .spec. Error: kInvalid, whose message names the path of every wrong field and what to write
// instead.
Result<Spec> ParseSpec(const Json& spec);

// Why a pipeline in this namespace may not read what it asks for: the path of the field and the
// remedy. Nullopt: it may.
std::optional<std::string> Refuse(const Spec& spec, const kube::ObjectKey& key);

// What the engines take. A tenant's pipeline reads its own namespace; its gateway is the caller's
// to set. Requires that Refuse() has nothing against it.
Pipeline MakePipeline(const Spec& spec, const kube::ObjectKey& key, const std::string& uid,
                      const std::string& namespace_uid);

}  // namespace belvedere::logpipeline

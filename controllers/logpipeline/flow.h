#pragma once

#include <optional>
#include <span>
#include <string>

#include "controllers/logpipeline/running.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// Whether what a pipeline reads arrives: its condition FlowHealthy.
namespace belvedere::logpipeline {

inline constexpr const char* kFlowHealthy = "FlowHealthy";

// How the records of one lane fare, all pods together, over the last two to five minutes. An output
// is a lane, and of a tenant's pipeline what hands records from the node agents to its gateway.
struct Flow {
  std::string lane;
  double delivered = 0;  // records
  double dropped = 0;    // records
  double full = 0;       // of its buffer, now: 0 to 1, of the pod that has most
  int stuck_pods = 0;    // in which records wait, now and before, and that delivered none
};

// Of `readings` that are old enough to compare. Empty: there are none.
std::vector<Flow> FlowsOf(const Pipeline& pipeline, const FlowMetrics& metrics,
                          std::span<const runtime::Reading> readings);

// The worst of all lanes, with the numbers of each that is not well.
runtime::Fact Judge(std::span<const Flow> flows);

// As the pods say; without anything to compare, as the status said before; nullopt: it said
// nothing.
std::optional<runtime::Fact> FlowOf(const cache::Primary& self, const runtime::World& world,
                                    const SpecReader& reader);

}  // namespace belvedere::logpipeline

#pragma once

#include <optional>
#include <string>

#include "controllers/logpipeline/engine.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// What of a pipeline runs: its spec as it is, or while it is paused or wrong, the one that was
// accepted last.
namespace belvedere::logpipeline {

// Member of the status that keeps the spec which was accepted last, as JSON text.
inline constexpr const char* kAcceptedSpec = "acceptedSpec";
// It, as the status of the pipeline says; empty: none was accepted yet.
std::string AcceptedSpec(const cache::Primary& primary);

// As far as its own text tells. Error: kInvalid, there is none.
Result<Spec> ReadRunningSpec(const cache::Primary& primary);

// A pipeline that some engine runs.
struct Accepted {
  Spec spec;
  Pipeline pipeline;
  const Engine* engine = nullptr;
};

// The pipeline as `text` specifies it, or why no engine runs that: InvalidSpec, NamespaceUnknown.
using AcceptedOrCause = tl::expected<Accepted, runtime::Cause>;
AcceptedOrCause Accept(const cache::Primary& primary, const std::string& text,
                       const runtime::World& world);

// <uid>@<generation>.
std::string Served(const cache::Primary& primary);

// What of a pipeline runs in shared workloads, and what these then serve.
struct Running {
  Accepted accepted;
  std::string serves;  // empty: not the spec that it has now
};
std::optional<Running> RunningOf(const cache::Primary& primary, const runtime::World& world);

}  // namespace belvedere::logpipeline

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "controllers/logpipeline/engine.h"
#include "controllers/operands/accepted_spec.h"
#include "operator/base/memo.h"
#include "operator/cache/projection.h"
#include "operator/runtime/kind.h"

// What of a pipeline runs: its spec as it is, or while it is paused or wrong, the one that was
// accepted last.
namespace belvedere::logpipeline {

// A pipeline that some engine runs.
struct Accepted {
  Spec spec;
  Pipeline pipeline;
  const Engine* engine = nullptr;
};
using AcceptedOrCause = tl::expected<Accepted, runtime::Cause>;

// What of a pipeline runs in shared workloads, and what these then serve.
struct Running {
  std::shared_ptr<const AcceptedOrCause> accepted;  // never a cause
  std::string serves;                               // empty: not the spec that it has now
};

// Which spec of a pipeline: one that should work, or the last one that pods have proven to run.
enum class Trust { kAccepted, kProven };

// Reads specs, and remembers what it made of each text: every pass asks of all pipelines again.
// Thread-safe.
class SpecReader {
 public:
  // The pipeline as `text` specifies it, or why no engine runs that: InvalidSpec, NamespaceUnknown.
  std::shared_ptr<const AcceptedOrCause> Accept(const cache::Primary& primary,
                                                const std::string& text,
                                                const runtime::World& world) const;
  // Nullopt: nothing of it runs.
  std::optional<Running> RunningOf(const cache::Primary& primary, const runtime::World& world,
                                   Trust trust) const;
  // Likewise, as far as the text tells that is parsed and no engine asked about. Error: kInvalid.
  std::shared_ptr<const Result<Spec>> RunningSpec(const cache::Primary& primary) const;

 private:
  std::shared_ptr<const Result<Spec>> Read(const cache::Primary& primary,
                                           const std::string& text) const;

  static constexpr std::size_t kMostTexts = 8192;
  // By UID and hash of the text, the latter also by UID of the namespace.
  Memo<Result<Spec>> specs_{kMostTexts};
  Memo<AcceptedOrCause> accepted_{kMostTexts};
};

}  // namespace belvedere::logpipeline

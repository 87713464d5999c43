#pragma once

#include <memory>
#include <optional>
#include <span>

#include "controllers/logpipeline/outputs/output.h"
#include "operator/cache/projection.h"
#include "operator/runtime/conditions.h"

namespace belvedere::logpipeline {

// Why one of `stacks` that these outputs name cannot store their records, with the path of the
// field: it is not there, or has no store. Nullopt: all can.
std::optional<runtime::Cause> MissingStack(
    std::span<const Output> outputs, std::span<const std::shared_ptr<const cache::Primary>> stacks);

// Whether some output names the stack.
bool Names(std::span<const Output> outputs, const kube::ObjectKey& stack);

}  // namespace belvedere::logpipeline

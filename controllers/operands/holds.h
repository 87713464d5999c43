#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/cache/projection.h"

// What a workload goes on without. It stands in an annotation of the workload: without it the next
// pass would see good pods, and try once more what is bad.
namespace belvedere::operands {

// Specs that give way to the last good ones until one of them is another.
struct Hold {
  enum class Kind {
    kCrash,  // pods crash with them
    kUnfit,  // they cannot be rendered beside the others: seen anew each time
  } kind = Kind::kCrash;
  std::vector<std::string> specs;  // SpecVersion() each
  std::string why;
};

// The spec that a resource has now: cache::Served(), and what was changed to have it tried again.
std::string SpecVersion(const cache::Primary& primary, const std::string& retry);

// Remembers them in `workload`; no holds, no annotation.
void StampHolds(const std::vector<Hold>& holds, Json& workload);
std::vector<Hold> HoldsOf(const cache::Child& workload);

// Why the workload goes on without `served`, as cache::Served() has it; nullopt: it does not.
std::optional<std::string> HeldBack(const cache::Child& workload, const std::string& served);

}  // namespace belvedere::operands

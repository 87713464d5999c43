#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/json.h"

// The status contract of every kind (DESIGN 5): six conditions, their invariants in one place.
namespace belvedere::runtime {

enum class Truth { kTrue, kFalse, kUnknown };

std::string_view ToString(Truth truth);

// Why, in a word for programs and a sentence for people. The sentence names the field path or the
// operand, and what to do.
struct Cause {
  std::string reason;
  std::string message;

  bool operator==(const Cause&) const = default;
};

struct Fact {
  Truth truth = Truth::kUnknown;
  Cause cause;
};

// What a kind knows of one resource; Ready, Reconciling and Stalled follow from it.
struct Verdict {
  Fact accepted;
  Fact available;
  Fact config_loaded;
  std::optional<Cause> progressing;  // work under way or being retried
  std::optional<Cause> stalled;      // only a human can change it
  std::optional<Cause> paused;       // managementState: Paused, and something waits to be applied
  // Further conditions of the kind, by type; Ready does not depend on them.
  std::vector<std::pair<std::string, Fact>> others = {};
};

struct Condition {
  std::string type;
  Truth status = Truth::kUnknown;
  Cause cause;
  std::int64_t observed_generation = 0;
  std::string last_transition_time;

  bool operator==(const Condition&) const = default;
};

// Always Ready, Reconciling, Stalled, Accepted, Available, ConfigLoaded, in this order, and then
// Verdict::others. Ready=True
// implies the other positive ones True and Reconciling and Stalled False; Reconciling and Stalled
// are never both True. A transition time moves only when the status of its condition does.
std::vector<Condition> MakeConditions(const Verdict& verdict, std::int64_t generation,
                                      const std::vector<Condition>& previous, WallTime now);

Json ToJson(const std::vector<Condition>& conditions);
std::vector<Condition> ConditionsFrom(const Json& status);
const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);

}  // namespace belvedere::runtime

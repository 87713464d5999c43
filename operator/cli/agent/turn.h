#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/cli/agent/operand.h"

namespace belvedere::agent {

// A pod of a StatefulSet, by its name: <set>-<ordinal>.
struct Replica {
  std::string set;
  int ordinal = 0;
};
// Nothing for a name that no StatefulSet gives.
std::optional<Replica> ParseReplica(const std::string& pod);

// Replicas load another config one after the other, in the order of their ordinals, so that one
// that a config slows down or stops leaves the others as they are. One thread.
class Turn {
 public:
  struct Options {
    HttpOperand::Call before;         // GET /v1/config of the agent of the replica before this one
    std::chrono::milliseconds limit;  // for those before, from the first question about a version
  };
  // The only replica, or the first: its turn is always.
  explicit Turn(Clock& clock) : clock_(clock) {}
  Turn(Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {}

  // Whether the replica before this one runs `version`, or has had its time. One that has refused
  // it is waited for until it takes that, or another comes.
  bool HasCome(const std::string& version, const std::stop_token& stop);

 private:
  // What the replica before this one makes of `version`.
  enum class Before { kRuns, kRefuses, kUnknown };
  Before Ask(const std::string& version, const std::stop_token& stop) const;

  Clock& clock_;
  const std::optional<Options> options_;
  std::string version_;  // that was asked about last
  SteadyTime since_;     // of the first question about it
};

}  // namespace belvedere::agent

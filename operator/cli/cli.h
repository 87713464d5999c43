#pragma once

#include <istream>
#include <ostream>

namespace belvedere::cli {

// Exit codes of every command but diff, which follows `kubectl diff`: 0 the same, 1 different,
// above 1 an error.
inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

// Where a command reads and writes. Results go to `out`, everything else to `err`.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// Runs the command that `argv` names and returns its exit code. Never exits by itself, never
// throws.
int Run(int argc, const char* const* argv, Streams streams);

}  // namespace belvedere::cli

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "operator/http/line_framer.h"

namespace {

constexpr std::size_t kLimit = 64;

struct Outcome {
  std::vector<std::string> lines;
  bool failed = false;
  std::size_t pending = 0;
};

Outcome Frame(std::string_view bytes, std::size_t step) {
  belvedere::http::LineFramer framer(kLimit);
  Outcome outcome;
  while (!bytes.empty() && !outcome.failed) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    outcome.failed = !framer.Feed(piece, [&outcome](std::string_view line) {
      if (line.empty() || line.size() > kLimit) std::abort();
      outcome.lines.emplace_back(line);
    });
  }
  if (!outcome.failed) outcome.pending = framer.pending();
  return outcome;
}

}  // namespace

// The pieces in which the bytes come must not matter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = Frame(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Outcome cut = Frame(bytes, 1 + data[0]);
  if (whole.lines != cut.lines || whole.failed != cut.failed || whole.pending != cut.pending) {
    std::abort();
  }
  return 0;
}

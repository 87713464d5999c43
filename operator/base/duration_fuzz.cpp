#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "operator/base/duration.h"

// What is accepted has a canonical form that means the same and is its own canonical form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using belvedere::FormatDuration;
  using belvedere::ParseDuration;
  const auto parsed = ParseDuration({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  const auto again = ParseDuration(FormatDuration(*parsed));
  if (!again || *again != *parsed) std::abort();
  return 0;
}

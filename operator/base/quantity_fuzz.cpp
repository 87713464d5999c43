#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "operator/base/quantity.h"

// What is accepted has a canonical form that means the same and is its own canonical form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using belvedere::Quantity;
  const auto parsed = Quantity::Parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  const auto again = Quantity::Parse(parsed->Canonical());
  if (!again || *again != *parsed || again->Canonical() != parsed->Canonical()) std::abort();
  static_cast<void>(parsed->Value());
  static_cast<void>(parsed->MilliValue());
  return 0;
}

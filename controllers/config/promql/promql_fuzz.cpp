#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "controllers/config/promql/parser.h"
#include "controllers/config/promql/printer.h"
#include "controllers/config/promql/types.h"
#include "controllers/config/promql/usage.h"

// Any bytes are refused at a place within them, or are an expression whose printed form is the same
// expression, also once every selector has been narrowed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belvedere::config::promql;  // NOLINT: a fuzz target is one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = Parse(text);
  if (!parsed) {
    if (parsed.error().offset > size || parsed.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = Parse(Print(*parsed));
  if (!again || *again != *parsed) std::abort();
  const Matcher mine{.label = "tenant", .op = Matcher::Op::kEqual, .value = "a"};
  if (!AddMatchers(*parsed, {&mine, 1})) std::abort();
  const auto narrowed = Parse(Print(*parsed));
  if (!narrowed || *narrowed != *parsed || TypeOf(*narrowed) != TypeOf(*parsed)) std::abort();
  for (const Selector& selector : UsageOf(*narrowed).selectors) {
    bool found = false;
    for (const Matcher& matcher : selector.matchers) found = found || matcher == mine;
    if (!found) std::abort();
  }
  return 0;
}

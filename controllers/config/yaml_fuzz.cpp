#include <cstdint>
#include <cstdlib>

#include "controllers/config/yaml.h"

// Any JSON that can be written as YAML is read back as the same value; any bytes are read or
// refused, never more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belvedere;  // NOLINT: a fuzz target is one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(config::ParseYaml(text));
  const Result<Json> value = ParseJson(text);
  if (!value) return 0;
  const Result<std::string> yaml = config::ToYaml(*value);
  if (!yaml) return 0;
  const Result<Json> back = config::ParseYaml(*yaml);
  if (!back || *back != *value) std::abort();
  return 0;
}

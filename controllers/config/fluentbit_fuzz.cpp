#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "controllers/config/fluentbit.h"
#include "controllers/config/yaml.h"

// Any bytes in a string of the model are refused, or come back as that string and nothing else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belvedere;                     // NOLINT: a fuzz target is one function
  using namespace belvedere::config::fluentbit;  // NOLINT
  if (size == 0) return 0;
  const std::size_t half = data[0] % size;
  const std::string first(reinterpret_cast<const char*>(data), half);
  const std::string second(reinterpret_cast<const char*>(data) + half, size - half);
  const Model model{.service = {Set("storage.path", "/var/lib/x")},
                    .outputs = {{.name = "http",
                                 .properties = {Set("match", "*"), Set("host", first),
                                                Set("port", 80), SetList("header", {second})}}}};
  const Result<std::string> yaml = ToYaml(model);
  if (!yaml) return 0;
  const bool variable =
      first.find("${") != std::string::npos || second.find("${") != std::string::npos;
  const Result<Json> back = config::ParseYaml(*yaml);
  if (variable || !back || back->size() != 2) std::abort();
  const Json& output = At(*back, "/pipeline/outputs/0");
  if (output.size() != 5 || output["host"] != first || output["header"][0] != second) std::abort();
  return 0;
}

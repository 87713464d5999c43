#include <cstdint>
#include <cstdlib>
#include <string>

#include "controllers/config/otelcol.h"
#include "controllers/config/yaml.h"

// Any bytes in a string of the settings are refused, or come back, with each `$` doubled, as that
// string and nothing else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belvedere;                   // NOLINT: a fuzz target is one function
  using namespace belvedere::config::otelcol;  // NOLINT
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Model model{
      .receivers = {{.type = "otlp", .id = {}}},
      .exporters = {{.type = "debug", .id = {}, .settings = {{"a", text}, {"b", {text}}}}},
      .pipelines = {{.id = "x", .receivers = {"otlp"}, .processors = {}, .exporters = {"debug"}}}};
  const Result<std::string> yaml = ToYaml(model);
  if (!yaml) return 0;
  std::string doubled;
  for (const char c : text) doubled.append(c == '$' ? 2 : 1, c);
  const Result<Json> back = config::ParseYaml(*yaml);
  if (text.find("${") != std::string::npos || !back || back->size() != 3) std::abort();
  const Json& settings = At(*back, "/exporters/debug");
  if (settings.size() != 2 || settings["a"] != doubled || settings["b"][0] != doubled) std::abort();
  return 0;
}

// YAML from a file is read or refused, within its limits.
#include <cstdint>
#include <string_view>

#include "operator/kube/config_files.h"
#include "operator/kube/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)belvedere::kube::ParseYaml(text, {.bytes = 1U << 16U, .depth = 16, .nodes = 2000});
  (void)belvedere::kube::DecodeBase64(text);
  return 0;
}

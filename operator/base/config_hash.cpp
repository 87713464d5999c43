#include "operator/base/config_hash.h"

#include "operator/base/hash.h"

namespace belvedere {

ConfigFileViews ViewsOf(const ConfigFiles& files) { return {files.begin(), files.end()}; }

std::string ConfigHash(const ConfigFileViews& files) {
  ContentHash hash;
  for (const auto& [path, bytes] : files) hash.Add(path).Add(bytes);
  return hash.Hex();
}

}  // namespace belvedere

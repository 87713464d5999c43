#include "operator/cli/agent/testing/mounts.h"

#include <fstream>

namespace belvedere::agent {

namespace fs = std::filesystem;

Mount::Mount(const fs::path& source, const std::string& name) : path_(source / name) {
  fs::create_directories(path_);
}

void Mount::Publish(const std::map<std::string, std::string>& data) {
  const std::string version = "..version_" + std::to_string(++version_);
  fs::create_directory(path_ / version);
  for (const auto& [key, bytes] : data) {
    std::ofstream(path_ / version / key, std::ios::binary) << bytes;
  }
  fs::create_symlink(version, path_ / "..data_tmp");
  fs::rename(path_ / "..data_tmp", path_ / "..data");
  for (const auto& [key, bytes] : data) {
    if (!fs::is_symlink(path_ / key)) fs::create_symlink("..data/" + key, path_ / key);
  }
  if (version_ > 1) fs::remove_all(path_ / ("..version_" + std::to_string(version_ - 1)));
}

}  // namespace belvedere::agent

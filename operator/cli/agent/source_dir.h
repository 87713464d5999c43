#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "operator/base/config_hash.h"
#include "operator/base/result.h"

namespace belvedere::agent {

// The directory whose subdirectories are mounted ConfigMaps. The kubelet swaps the whole content of
// each through its symlink `..data`; a plain directory without it is read as it is.
class SourceDir {
 public:
  explicit SourceDir(std::filesystem::path root) : root_(std::move(root)) {}

  // What tells one state of the source from the next, without reading any file.
  Result<std::string> Signature() const;

  // All files as "<mount>/<key>"; never half of a ConfigMap's update. Error: kConflict when the
  // source keeps changing while it is read, kInternal when it cannot be read.
  Result<ConfigFiles> Read() const;

  // The directories to watch for changes.
  Result<std::vector<std::filesystem::path>> Mounts() const;

 private:
  const std::filesystem::path root_;
};

// Bytes of a regular file.
Result<std::string> ReadBytes(const std::filesystem::path& path);

}  // namespace belvedere::agent

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "operator/base/testing/temporary_dir.h"

namespace belvedere::agent {

// A ConfigMap volume as the kubelet writes it: each version in a directory of its own, `..data`
// switched to it in one step, links to the keys, and the version before removed.
class Mount {
 public:
  Mount(const std::filesystem::path& source, const std::string& name);
  void Publish(const std::map<std::string, std::string>& data);

 private:
  const std::filesystem::path path_;
  int version_ = 0;
};

}  // namespace belvedere::agent

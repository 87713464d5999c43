#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

namespace belvedere::agent {

// A directory of the test's own, removed with it.
class TemporaryDir {
 public:
  TemporaryDir() {
    std::string name = (std::filesystem::temp_directory_path() / "belvedere-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~TemporaryDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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

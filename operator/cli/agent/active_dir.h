#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "operator/base/config_hash.h"
#include "operator/base/result.h"

namespace belvedere::agent {

// The volume shared with the operand, which reads its config through the symlink `current`:
//   <root>/<hash>/<mount>/<key>   a version, complete from the moment its directory is there
//   <root>/current -> <hash>      switched in one step
//   <root>/last-good              hash of the version that the operand last proved to load
// It outlives the containers of the pod. Not thread-safe.
class ActiveDir {
 public:
  explicit ActiveDir(std::filesystem::path root) : root_(std::move(root)) {}

  // The version that `current` names and the last good one; empty: none.
  std::string Current() const;
  std::string LastGood() const;
  // Whether the version is there with exactly the bytes of its hash.
  bool Intact(const std::string& hash) const;

  // Adds a version; one that is there already is left as it is.
  Status Write(const std::string& hash, const ConfigFiles& files);
  Status Switch(const std::string& hash);
  Status MarkGood(const std::string& hash);
  // Removes every version, finished or not, that is not in `keep`.
  Status Prune(const std::set<std::string>& keep);

 private:
  const std::filesystem::path root_;
};

}  // namespace belvedere::agent

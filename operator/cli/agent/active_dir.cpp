#include "operator/cli/agent/active_dir.h"

#include <fstream>
#include <vector>

#include "operator/cli/agent/source_dir.h"

namespace belvedere::agent {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCurrent = "current";
constexpr const char* kLastGood = "last-good";
constexpr std::string_view kUnfinished = ".new-";

Status FsStatus(const fs::path& path, const std::error_code& error) {
  if (!error) return {};
  return Fail(ErrorCode::kInternal, path.string() + ": " + error.message());
}

// The operand may run as another user than the agent, whatever the umask.
constexpr fs::perms kFileMode =
    fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read;
constexpr fs::perms kDirMode =
    kFileMode | fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;

Status MakeDirs(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::path path = from;
  for (const fs::path& part : to.lexically_relative(from)) {
    path /= part;
    fs::create_directory(path, error);
    if (!error) fs::permissions(path, kDirMode, error);
    if (error) return FsStatus(path, error);
  }
  return {};
}

Status WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) return Fail(ErrorCode::kInternal, path.string() + ": cannot be written");
  std::error_code error;
  fs::permissions(path, kFileMode, error);
  return FsStatus(path, error);
}

Status WriteVersion(const fs::path& root, const fs::path& version, const ConfigFiles& files) {
  if (Status made = MakeDirs(root, version); !made) return made;
  for (const auto& [path, bytes] : files) {
    const fs::path target = version / path;
    if (Status made = MakeDirs(version, target.parent_path()); !made) return made;
    if (Status written = WriteFile(target, bytes); !written) return written;
  }
  return {};
}

// Nothing but what Write() makes is ever removed.
bool IsVersion(const std::string& name) {
  const std::string hash = name.starts_with(kUnfinished) ? name.substr(kUnfinished.size()) : name;
  return hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Status Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return FsStatus(to, error);
}

}  // namespace

std::string ActiveDir::Current() const {
  std::error_code error;
  const fs::path target = fs::read_symlink(root_ / kCurrent, error);
  return error ? std::string() : target.string();
}

std::string ActiveDir::LastGood() const {
  return ReadBytes(root_ / kLastGood).value_or(std::string());
}

bool ActiveDir::Intact(const std::string& hash) const {
  if (hash.empty()) return false;
  const Result<ConfigFiles> files = SourceDir(root_ / hash).Read();
  return files && ConfigHash(ViewsOf(*files)) == hash;
}

Status ActiveDir::Write(const std::string& hash, const ConfigFiles& files) {
  if (Intact(hash)) return {};
  std::error_code error;
  const fs::path unfinished = root_ / (std::string(kUnfinished) + hash);
  fs::remove_all(unfinished, error);
  if (!error) fs::remove_all(root_ / hash, error);
  if (error) return FsStatus(root_, error);
  if (Status written = WriteVersion(root_, unfinished, files); !written) return written;
  return Rename(unfinished, root_ / hash);
}

Status ActiveDir::Switch(const std::string& hash) {
  const fs::path next = root_ / (std::string(kUnfinished) + kCurrent);
  std::error_code error;
  fs::remove(next, error);
  fs::create_symlink(hash, next, error);
  if (error) return FsStatus(next, error);
  return Rename(next, root_ / kCurrent);
}

Status ActiveDir::MarkGood(const std::string& hash) {
  const fs::path next = root_ / (std::string(kUnfinished) + kLastGood);
  if (Status written = WriteFile(next, hash); !written) return written;
  return Rename(next, root_ / kLastGood);
}

Status ActiveDir::Prune(const std::set<std::string>& keep) {
  std::error_code error;
  std::vector<fs::path> gone;
  fs::directory_iterator entry(root_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsVersion(name) && !keep.contains(name)) gone.push_back(entry->path());
  }
  for (const fs::path& path : gone) {
    if (!error) fs::remove_all(path, error);
  }
  return FsStatus(root_, error);
}

}  // namespace belvedere::agent

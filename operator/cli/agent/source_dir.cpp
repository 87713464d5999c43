#include "operator/cli/agent/source_dir.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace belvedere::agent {
namespace {

namespace fs = std::filesystem;

// Each is one switch by the kubelet during one read, which takes milliseconds.
constexpr int kReadAttempts = 10;

tl::unexpected<Error> FsError(const fs::path& path, const std::error_code& error) {
  return Fail(ErrorCode::kInternal, path.string() + ": " + error.message());
}

// Where the files of a mount are now: the target of `..data`, or the mount itself.
fs::path DataOf(const fs::path& mount) {
  std::error_code error;
  const fs::path target = fs::read_symlink(mount / "..data", error);
  return error ? mount : mount / target;
}

// The files below `directory` by relative path. Names that begin with ".." are the kubelet's own.
Result<std::vector<fs::path>> FilesOf(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().starts_with("..")) {
      entry.disable_recursion_pending();
      continue;
    }
    const bool regular = entry->is_regular_file(error);
    if (error) break;
    if (regular) files.push_back(entry->path().lexically_relative(directory));
  }
  if (error) return FsError(directory, error);
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> SignatureOf(const fs::path& mount) {
  const fs::path data = DataOf(mount);
  std::string signature = data.string() + "\n";
  if (data != mount) return signature;
  const Result<std::vector<fs::path>> files = FilesOf(mount);
  if (!files) return Fail(files.error());
  for (const fs::path& file : *files) {
    std::error_code error;
    const auto size = fs::file_size(mount / file, error);
    if (error) return FsError(mount / file, error);
    const auto changed = fs::last_write_time(mount / file, error);
    if (error) return FsError(mount / file, error);
    signature += file.string() + ":" + std::to_string(size) + ":" +
                 std::to_string(changed.time_since_epoch().count()) + "\n";
  }
  return signature;
}

Status ReadMount(const fs::path& mount, ConfigFiles& into) {
  const fs::path data = DataOf(mount);
  const Result<std::vector<fs::path>> files = FilesOf(data);
  if (!files) return Fail(files.error());
  for (const fs::path& file : *files) {
    Result<std::string> bytes = ReadBytes(data / file);
    if (!bytes) return Fail(bytes.error());
    into[(mount.filename() / file).string()] = *std::move(bytes);
  }
  return {};
}

}  // namespace

Result<std::string> ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrorCode::kInternal, path.string() + ": cannot be opened");
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return Fail(ErrorCode::kInternal, path.string() + ": cannot be read");
  return bytes;
}

Result<std::vector<fs::path>> SourceDir::Mounts() const {
  std::vector<fs::path> mounts;
  std::error_code error;
  fs::directory_iterator entry(root_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().starts_with("..")) continue;
    if (entry->is_directory(error)) mounts.push_back(entry->path());
  }
  if (error) return FsError(root_, error);
  std::sort(mounts.begin(), mounts.end());
  return mounts;
}

Result<std::string> SourceDir::Signature() const {
  const Result<std::vector<fs::path>> mounts = Mounts();
  if (!mounts) return Fail(mounts.error());
  std::string signature;
  for (const fs::path& mount : *mounts) {
    const Result<std::string> one = SignatureOf(mount);
    if (!one) return one;
    signature += *one;
  }
  return signature;
}

Result<ConfigFiles> SourceDir::Read() const {
  Error last;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const Result<std::vector<fs::path>> mounts = Mounts();
    if (!mounts) return Fail(mounts.error());
    const Result<std::string> before = Signature();
    ConfigFiles files;
    Status read;
    for (const fs::path& mount : *mounts) {
      if (read) read = ReadMount(mount, files);
    }
    const Result<std::string> after = Signature();
    if (read && before && after && *before == *after) return files;
    // A file that vanished belongs to a version the kubelet has just replaced.
    last = read ? Error{ErrorCode::kConflict, 0, {}, root_.string() + ": changing while read", {}}
                : read.error();
  }
  return Fail(last);
}

}  // namespace belvedere::agent

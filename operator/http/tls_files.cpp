#include "operator/http/tls_files.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace belvedere::http {
namespace {

tl::unexpected<Error> CannotRead(const std::string& path) {
  return Fail(ErrorCode::kInternal,
              "cannot read " + path + ": " + std::generic_category().message(errno));
}

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return CannotRead(path);
  return bytes;
}

}  // namespace

Result<TlsFiles::Version> TlsFiles::VersionOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return CannotRead(path);
  return Version{.device = found.st_dev,
                 .inode = found.st_ino,
                 .modified_ns = found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec,
                 .size = found.st_size};
}

Result<std::shared_ptr<const TlsFiles::Pair>> TlsFiles::Current() {
  const auto cert_version = VersionOf(cert_path_);
  if (!cert_version) return Fail(cert_version.error());
  const auto key_version = VersionOf(key_path_);
  if (!key_version) return Fail(key_version.error());
  if (current_ && *cert_version == cert_version_ && *key_version == key_version_) return current_;

  auto cert = ReadFile(cert_path_);
  if (!cert) return Fail(cert.error());
  auto key = ReadFile(key_path_);
  if (!key) return Fail(key.error());
  current_ = std::make_shared<const Pair>(Pair{std::move(*cert), std::move(*key)});
  // The versions from before the reading: a change in between is then seen at the next call.
  cert_version_ = *cert_version;
  key_version_ = *key_version;
  return current_;
}

}  // namespace belvedere::http

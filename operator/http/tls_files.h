#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "operator/base/result.h"

namespace belvedere::http {

// A certificate and key that someone else renews on disk. One thread.
class TlsFiles {
 public:
  struct Pair {
    std::string cert_pem;
    std::string key_pem;
  };

  TlsFiles(std::string cert_path, std::string key_path)
      : cert_path_(std::move(cert_path)), key_path_(std::move(key_path)) {}

  // The present content; the same pointer as before while the files have not changed. Error:
  // kInternal where one cannot be read, and again at each call until it can.
  Result<std::shared_ptr<const Pair>> Current();

 private:
  // What tells one version of a file from the next; a mounted Secret changes by a new inode.
  struct Version {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t modified_ns = 0;
    std::int64_t size = 0;
    bool operator==(const Version&) const = default;
  };
  static Result<Version> VersionOf(const std::string& path);

  const std::string cert_path_;
  const std::string key_path_;
  Version cert_version_;
  Version key_version_;
  std::shared_ptr<const Pair> current_;
};

}  // namespace belvedere::http

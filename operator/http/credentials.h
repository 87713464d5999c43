#pragma once

#include <memory>
#include <string>

#include "operator/base/mutex.h"

namespace belvedere::http {

// What one connection needs to be trusted and to trust. PEM texts, tokens without white space.
struct Credentials {
  std::string ca_pem;           // the only trusted roots; empty: those of the system
  std::string client_cert_pem;  // empty: no client certificate
  std::string client_key_pem;
  std::string bearer_token;  // empty: none
};

// Hands out the current credentials; rotated from outside, read at each request (token) and each
// new connection (certificates). Thread-safe.
class CredentialSource {
 public:
  explicit CredentialSource(Credentials initial)
      : current_(std::make_shared<const Credentials>(std::move(initial))) {}

  std::shared_ptr<const Credentials> Get() const {
    const MutexLock lock(mutex_);
    return current_;
  }
  void Set(Credentials next) {
    auto shared = std::make_shared<const Credentials>(std::move(next));
    const MutexLock lock(mutex_);
    current_ = std::move(shared);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Credentials> current_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::http

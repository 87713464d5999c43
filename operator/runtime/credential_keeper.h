#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <stop_token>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"
#include "operator/runtime/forwarding_client.h"

namespace belvedere::runtime {

// Has the credentials read again each minute, and at once (but not in a tight loop) after the API
// server has refused them. Thread-safe.
class CredentialKeeper {
 public:
  CredentialKeeper(Clock& clock, std::function<Status()> refresh);

  // Blocks until stopped.
  void Run(const std::stop_token& stop);
  void RefreshSoon();

 private:
  Clock& clock_;
  const std::function<Status()> refresh_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool is_refused_ GUARDED_BY(mutex_) = false;
};

// A Client that tells the keeper of each 401.
class WatchfulClient final : public ForwardingClient {
 public:
  WatchfulClient(kube::Client& next, CredentialKeeper& keeper)
      : ForwardingClient(next), keeper_(keeper) {}

  Result<Json> Get(const kube::ResourceRef& ref, std::stop_token stop) override;
  Result<kube::ListPage> List(const kube::ResourceType& type, const kube::ListOptions& options,
                              std::stop_token stop) override;
  Status Watch(const kube::ResourceType& type, const kube::WatchOptions& options,
               const kube::WatchHandler& handle, std::stop_token stop) override;
  Result<Json> Apply(const kube::ResourceType& type, const Json& intent,
                     const kube::ApplyOptions& options, std::stop_token stop) override;
  Result<Json> Update(const kube::ResourceType& type, const Json& object,
                      std::stop_token stop) override;

 private:
  template <typename T>
  T Watched(T result) {
    if (!result.has_value() && result.error().code == ErrorCode::kUnauthorized) {
      keeper_.RefreshSoon();
    }
    return result;
  }

  CredentialKeeper& keeper_;
};

}  // namespace belvedere::runtime

#include "operator/runtime/credential_keeper.h"

#include <utility>

#include "operator/base/log.h"

namespace belvedere::runtime {
namespace {

constexpr std::chrono::minutes kInterval{1};
constexpr std::chrono::seconds kAtMostEach{5};

}  // namespace

CredentialKeeper::CredentialKeeper(Clock& clock, std::function<Status()> refresh)
    : clock_(clock), refresh_(std::move(refresh)) {}

void CredentialKeeper::Run(const std::stop_token& stop) {
  while (refresh_ && clock_.SleepFor(kAtMostEach, stop)) {
    {
      MutexLock lock(mutex_);
      clock_.Wait(lock, changed_, clock_.Now() + kInterval - kAtMostEach, stop,
                  [this]() REQUIRES(mutex_) { return is_refused_; });
      is_refused_ = false;
    }
    if (stop.stop_requested()) return;
    const Status status = refresh_();
    if (!status.has_value()) {
      log::Warn("credentials not read", {{"error", status.error().message}});
    }
  }
}

void CredentialKeeper::RefreshSoon() {
  const MutexLock lock(mutex_);
  is_refused_ = true;
  changed_.notify_one();
}

Result<Json> WatchfulClient::Get(const kube::ResourceRef& ref, std::stop_token stop) {
  return Watched(ForwardingClient::Get(ref, std::move(stop)));
}

Result<kube::ListPage> WatchfulClient::List(const kube::ResourceType& type,
                                            const kube::ListOptions& options,
                                            std::stop_token stop) {
  return Watched(ForwardingClient::List(type, options, std::move(stop)));
}

Status WatchfulClient::Watch(const kube::ResourceType& type, const kube::WatchOptions& options,
                             const kube::WatchHandler& handle, std::stop_token stop) {
  return Watched(ForwardingClient::Watch(type, options, handle, std::move(stop)));
}

Result<Json> WatchfulClient::Apply(const kube::ResourceType& type, const Json& intent,
                                   const kube::ApplyOptions& options, std::stop_token stop) {
  return Watched(ForwardingClient::Apply(type, intent, options, std::move(stop)));
}

Result<Json> WatchfulClient::Update(const kube::ResourceType& type, const Json& object,
                                    std::stop_token stop) {
  return Watched(ForwardingClient::Update(type, object, std::move(stop)));
}

}  // namespace belvedere::runtime

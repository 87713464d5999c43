#pragma once

#include <functional>

#include "operator/base/metrics.h"
#include "operator/runtime/forwarding_client.h"

namespace belvedere::runtime {

// A Client that starts no write unless `may_write` says so at that moment: kCanceled otherwise,
// without a byte sent. What keeps two replicas from writing at once is the Lease; this is what
// keeps a replica that has lost it, and does not know yet, within the renew deadline.
class FencedClient final : public ForwardingClient {
 public:
  using Fence = std::function<bool()>;

  FencedClient(kube::Client& next, Metrics& metrics, Fence may_write);

  Result<Json> Apply(const kube::ResourceType& type, const Json& intent,
                     const kube::ApplyOptions& options, std::stop_token stop) override;
  Result<Json> ApplyStatus(const kube::ResourceType& type, const Json& intent,
                           std::stop_token stop) override;
  Result<Json> Create(const kube::ResourceType& type, const Json& object,
                      std::stop_token stop) override;
  Result<Json> Update(const kube::ResourceType& type, const Json& object,
                      std::stop_token stop) override;
  Result<Json> MergePatch(const kube::ResourceRef& ref, const Json& patch,
                          std::stop_token stop) override;
  Status Delete(const kube::ResourceRef& ref, const kube::Preconditions& preconditions,
                std::stop_token stop) override;

 private:
  Status Check();

  const Fence may_write_;
  Counter& refused_;
};

}  // namespace belvedere::runtime

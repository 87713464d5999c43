#include "operator/runtime/fenced_client.h"

#include <utility>

namespace belvedere::runtime {

FencedClient::FencedClient(kube::Client& next, Metrics& metrics, Fence may_write)
    : ForwardingClient(next),
      may_write_(std::move(may_write)),
      refused_(metrics.GetCounter("belvedere_fenced_writes_total",
                                  "Writes not started because this replica does not lead")) {}

Status FencedClient::Check() {
  if (may_write_()) return {};
  refused_.Add();
  return Fail(ErrorCode::kCanceled, "this replica does not lead");
}

Result<Json> FencedClient::Apply(const kube::ResourceType& type, const Json& intent,
                                 const kube::ApplyOptions& options, std::stop_token stop) {
  return Check().and_then(
      [&] { return ForwardingClient::Apply(type, intent, options, std::move(stop)); });
}

Result<Json> FencedClient::ApplyStatus(const kube::ResourceType& type, const Json& intent,
                                       std::stop_token stop) {
  return Check().and_then(
      [&] { return ForwardingClient::ApplyStatus(type, intent, std::move(stop)); });
}

Result<Json> FencedClient::Create(const kube::ResourceType& type, const Json& object,
                                  std::stop_token stop) {
  return Check().and_then([&] { return ForwardingClient::Create(type, object, std::move(stop)); });
}

Result<Json> FencedClient::Update(const kube::ResourceType& type, const Json& object,
                                  std::stop_token stop) {
  return Check().and_then([&] { return ForwardingClient::Update(type, object, std::move(stop)); });
}

Result<Json> FencedClient::MergePatch(const kube::ResourceRef& ref, const Json& patch,
                                      std::stop_token stop) {
  return Check().and_then(
      [&] { return ForwardingClient::MergePatch(ref, patch, std::move(stop)); });
}

Status FencedClient::Delete(const kube::ResourceRef& ref, const kube::Preconditions& preconditions,
                            std::stop_token stop) {
  return Check().and_then(
      [&] { return ForwardingClient::Delete(ref, preconditions, std::move(stop)); });
}

}  // namespace belvedere::runtime

#pragma once

#include <string>
#include <utility>

#include "operator/kube/client.h"

namespace belvedere::runtime {

// A Client that hands every call on; base of decorators, which override what they change.
class ForwardingClient : public kube::Client {
 public:
  explicit ForwardingClient(kube::Client& next) : next_(next) {}

  Result<Json> Get(const kube::ResourceRef& ref, std::stop_token stop) override {
    return next_.Get(ref, std::move(stop));
  }
  Result<kube::ListPage> List(const kube::ResourceType& type, const kube::ListOptions& options,
                              std::stop_token stop) override {
    return next_.List(type, options, std::move(stop));
  }
  Status Watch(const kube::ResourceType& type, const kube::WatchOptions& options,
               const kube::WatchHandler& handle, std::stop_token stop) override {
    return next_.Watch(type, options, handle, std::move(stop));
  }
  Result<Json> Apply(const kube::ResourceType& type, const Json& intent,
                     const kube::ApplyOptions& options, std::stop_token stop) override {
    return next_.Apply(type, intent, options, std::move(stop));
  }
  Result<Json> ApplyStatus(const kube::ResourceType& type, const Json& intent,
                           std::stop_token stop) override {
    return next_.ApplyStatus(type, intent, std::move(stop));
  }
  Result<Json> Create(const kube::ResourceType& type, const Json& object,
                      std::stop_token stop) override {
    return next_.Create(type, object, std::move(stop));
  }
  Result<Json> Update(const kube::ResourceType& type, const Json& object,
                      std::stop_token stop) override {
    return next_.Update(type, object, std::move(stop));
  }
  Result<Json> MergePatch(const kube::ResourceRef& ref, const Json& patch,
                          std::stop_token stop) override {
    return next_.MergePatch(ref, patch, std::move(stop));
  }
  Status Delete(const kube::ResourceRef& ref, const kube::Preconditions& preconditions,
                std::stop_token stop) override {
    return next_.Delete(ref, preconditions, std::move(stop));
  }
  Result<bool> Serves(const kube::ResourceType& type, std::stop_token stop) override {
    return next_.Serves(type, std::move(stop));
  }
  Result<Json> GetRaw(const std::string& path, std::stop_token stop) override {
    return next_.GetRaw(path, std::move(stop));
  }

 private:
  kube::Client& next_;
};

}  // namespace belvedere::runtime

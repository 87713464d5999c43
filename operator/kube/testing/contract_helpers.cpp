#include "operator/kube/testing/contract_helpers.h"

#include <gtest/gtest.h>

#include <utility>

#include "operator/kube/path.h"

namespace belvedere::kube::contract {

ResourceRef ConfigMap(const ContractServer& server, const std::string& name) {
  return {types::kConfigMap, {server.ns, name}};
}

Json ConfigMapIntent(const ContractServer& server, const std::string& name, const Json& data) {
  return {{"metadata",
           {{"name", name}, {"namespace", server.ns}, {"labels", {{"belvedere.dev/test", "yes"}}}}},
          {"data", data}};
}

Result<Json> Apply(ContractServer& server, const Json& intent, const std::string& uid) {
  ApplyOptions options;
  options.mode = uid.empty() ? ApplyMode::kCreateOnly : ApplyMode::kUpdateOwned;
  options.uid = uid;
  return server.client.Apply(types::kConfigMap, intent, options, kNoStop);
}

Json MustCreate(ContractServer& server, const std::string& name, const Json& data) {
  Result<Json> made = Apply(server, ConfigMapIntent(server, name, data));
  if (!made) {
    ADD_FAILURE() << "cannot create " << name << ": " << made.error().message;
    return Json::object();
  }
  return std::move(*made);
}

Json EditAsOther(ContractServer& server, const ResourceRef& ref, const Json& patch) {
  const Result<std::string> path = ObjectPath(ref, Subresource::kNone);
  const http::Request request{
      .method = http::Method::kPatch,
      .target = WithQuery(*path, {{"fieldManager", kOther}}),
      .headers = {{"Accept", "application/json"}, {"Content-Type", "application/merge-patch+json"}},
      .body = Dump(patch)};
  const auto response = server.transport.RoundTrip(request, std::chrono::seconds(20), kNoStop);
  EXPECT_TRUE(response && response->status == 200) << (response ? response->body : "no response");
  return response ? ParseJson(response->body).value_or(Json()) : Json();
}

Json FieldsOf(const Json& object, const std::string& manager, const std::string& operation) {
  for (const Json& entry : At(object, "/metadata/managedFields")) {
    if (StringAt(entry, "/manager") == manager && StringAt(entry, "/operation") == operation) {
      return At(entry, "/fieldsV1");
    }
  }
  return Json();
}

ErrorCode CodeOf(const Result<Json>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kInternal : result.error().code;
}

ErrorCode CodeOf(const Status& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kInternal : result.error().code;
}

std::vector<WatchEvent> WatchUntil(ContractServer& server, const ResourceType& type,
                                   WatchOptions options,
                                   const std::function<bool(const WatchEvent&)>& is_last) {
  std::vector<WatchEvent> events;
  std::stop_source enough;
  options.ns = server.ns;
  options.server_timeout = std::chrono::seconds(20);
  const Status ended = server.client.Watch(
      type, options,
      [&](WatchEvent event) {
        if (enough.stop_requested()) return;
        events.push_back(std::move(event));
        if (is_last(events.back())) enough.request_stop();
      },
      enough.get_token());
  EXPECT_TRUE(enough.stop_requested())
      << "the watch ended early: " << (ended ? "by the server" : ended.error().message);
  return events;
}

bool IsInitialEnd(const WatchEvent& event) {
  return event.type == WatchEventType::kBookmark &&
         AnnotationOf(event.object, "k8s.io/initial-events-end") == "true";
}

Json ApplyAsOther(ContractServer& server, const ResourceRef& ref, Json intent) {
  intent["apiVersion"] = ref.type.ApiVersion();
  intent["kind"] = std::string(ref.type.kind());
  const http::Request request{.method = http::Method::kPatch,
                              .target = WithQuery(*ObjectPath(ref, Subresource::kNone),
                                                  {{"fieldManager", kOther}, {"force", "true"}}),
                              .headers = {{"Content-Type", "application/apply-patch+yaml"}},
                              .body = Dump(intent)};
  const auto response = server.transport.RoundTrip(request, std::chrono::seconds(20), kNoStop);
  EXPECT_TRUE(response && response->status == 200) << (response ? response->body : "no response");
  return response ? ParseJson(response->body).value_or(Json()) : Json();
}

}  // namespace belvedere::kube::contract

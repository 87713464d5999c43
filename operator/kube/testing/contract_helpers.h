#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/kube/testing/client_contract.h"

// What the cases of the client contract share. Failures are GoogleTest's.
namespace belvedere::kube::contract {

inline constexpr const char* kOther = "somebody-else";  // a field manager
inline const std::stop_token kNoStop;

ResourceRef ConfigMap(const ContractServer& server, const std::string& name);
Json ConfigMapIntent(const ContractServer& server, const std::string& name, const Json& data);

// Our apply of a ConfigMap: create-only without `uid`, else of ours only.
Result<Json> Apply(ContractServer& server, const Json& intent, const std::string& uid = {});

// Creates a ConfigMap, or fails the test.
Json MustCreate(ContractServer& server, const std::string& name,
                const Json& data = {{"key", "value"}});

// A merge patch, and a server-side apply with force, by another field manager.
Json EditAsOther(ContractServer& server, const ResourceRef& ref, const Json& patch);
Json ApplyAsOther(ContractServer& server, const ResourceRef& ref, Json intent);

// fieldsV1 of the entry of `manager`, or null.
Json FieldsOf(const Json& object, const std::string& manager, const std::string& operation);

ErrorCode CodeOf(const Result<Json>& result);
ErrorCode CodeOf(const Status& result);

// Events of a watch up to and including the first one that `is_last` takes.
std::vector<WatchEvent> WatchUntil(ContractServer& server, const ResourceType& type,
                                   WatchOptions options,
                                   const std::function<bool(const WatchEvent&)>& is_last);
bool IsInitialEnd(const WatchEvent& event);

// The cases by subject.
std::vector<ContractCase> ApplyCases();
std::vector<ContractCase> OtherCases();

}  // namespace belvedere::kube::contract

#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "operator/base/json.h"

// Field ownership as server-side apply tracks it (KEP-555), for the fake API server. The schema is
// reduced to a table of well-known field names: which lists are keyed, which maps are atomic. Every
// other list is atomic.
namespace belvedere::kube {

// Steps in fieldsV1 notation: `f:spec`, `k:{"name":"a"}`, `v:"x"`.
using FieldPath = std::vector<std::string>;
using FieldSet = std::set<FieldPath>;

// Leaves of an object with their values. An item of a keyed list is there itself as well (null),
// besides its own leaves. Identity and bookkeeping in metadata, apiVersion and kind are left out.
std::map<FieldPath, Json> Flatten(const Json& object);

Json ToFieldsV1(const FieldSet& fields);
FieldSet FromFieldsV1(const Json& fields_v1);

// `live` with everything that `intent` says: maps and keyed lists are merged, the rest replaced.
Json MergeFields(const Json& live, const Json& intent);

// Removes the field at `path`, and above it each map and list that is empty by that and that
// `is_owned` does not keep.
void RemoveField(Json& object, const FieldPath& path,
                 const std::function<bool(const FieldPath&)>& is_owned);

// Whether `prefix` leads to `path` or is it.
bool IsPrefix(const FieldPath& prefix, const FieldPath& path);

// Fills in what the API server defaults and list keys depend on: `protocol: TCP` of ports.
void DefaultListKeys(Json& object);

}  // namespace belvedere::kube

#pragma once

#include <string>

#include "operator/base/json.h"

namespace belvedere::kube {

// Who writes, how, and when: one identity of an entry of metadata.managedFields.
struct Writer {
  std::string manager;
  std::string subresource;  // empty: the object itself
  std::string time;         // RFC 3339
};

// Server-side apply with force of `intent` on `live` (null: a new object), metadata.managedFields
// included. Both hold only what the writer's endpoint may change, besides identity.
Json ApplyFields(const Json& live, const Json& intent, const Writer& writer);

// `after` with managedFields as an Update from `before` (null: a creation) leaves them: the writer
// gains each field that it changed and everybody else loses it.
Json TrackUpdate(const Json& before, Json after, const Writer& writer);

// Whether both objects are the same, times in managedFields and resourceVersion aside.
bool SameContent(const Json& left, const Json& right);

}  // namespace belvedere::kube

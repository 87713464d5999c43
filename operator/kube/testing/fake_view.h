#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "operator/base/json.h"
#include "operator/kube/selector.h"
#include "operator/kube/testing/fake_request.h"
#include "operator/kube/testing/fake_storage.h"

// What lists and watches of the fake API server show.
namespace belvedere::kube {

// Whether the request's namespace, labels and fields select `object`; null is never selected.
bool IsSelected(const Json& object, const ApiRequest& request, const Selector& selector);

// One line of a watch.
std::string EventLine(const char* type, const Json& object);
std::string BookmarkLine(const ResourceType& type, std::uint64_t version, Json annotations);

// How a watch sees a change: nothing, or one line. Leaving the selection is a deletion.
std::optional<std::string> LineOf(const Change& change, const ApiRequest& request,
                                  const Selector& selector);

// A resourceVersion as a number; 0: not one.
std::uint64_t ParseVersion(const std::string& text);

// Where a paged list goes on: the continue token.
struct Cursor {
  std::uint64_t version = 0;
  ObjectKey after;
};

std::string WriteCursor(const Cursor& cursor);
std::optional<Cursor> ReadCursor(const std::string& token);

}  // namespace belvedere::kube

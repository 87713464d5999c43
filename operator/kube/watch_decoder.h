#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "operator/base/result.h"
#include "operator/kube/client.h"
#include "operator/kube/object_text.h"

namespace belvedere::kube {

// What one line of a watch says: an event, or (an ERROR event) why the watch is over. An error of
// kDecode means that the line makes no sense and is to be skipped.
struct WatchLine {
  std::optional<WatchEvent> event;
  Error ended;  // when there is no event
};

// `known` as in ParseObjects.
Result<WatchLine> DecodeWatchLine(std::string_view line, Known known = {});

// Which object, at which version, an ADDED or MODIFIED line tells of, read from its first bytes
// without decoding the object. Nullopt for other lines, and where metadata is in an order that no
// API server writes: such a line must be decoded to know.
struct WatchHead {
  ObjectKey key;
  std::uint64_t resource_version = 0;
};
std::optional<WatchHead> PeekWatchLine(std::string_view line);

}  // namespace belvedere::kube

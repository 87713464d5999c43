#pragma once

#include <optional>
#include <string_view>

#include "operator/base/result.h"
#include "operator/kube/client.h"

namespace belvedere::kube {

// What one line of a watch says: an event, or (an ERROR event) why the watch is over. An error of
// kDecode means that the line makes no sense and is to be skipped.
struct WatchLine {
  std::optional<WatchEvent> event;
  Error ended;  // when there is no event
};

Result<WatchLine> DecodeWatchLine(std::string_view line);

}  // namespace belvedere::kube

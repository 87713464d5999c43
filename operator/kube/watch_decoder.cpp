#include "operator/kube/watch_decoder.h"

#include <string>
#include <utility>

#include "operator/kube/status_error.h"

namespace belvedere::kube {
namespace {

std::optional<WatchEventType> TypeOf(std::string_view name) {
  if (name == "ADDED") return WatchEventType::kAdded;
  if (name == "MODIFIED") return WatchEventType::kModified;
  if (name == "DELETED") return WatchEventType::kDeleted;
  if (name == "BOOKMARK") return WatchEventType::kBookmark;
  return std::nullopt;
}

// Without these an event can be put nowhere.
bool IsUsable(WatchEventType type, const Json& object) {
  if (!object.is_object() || ResourceVersionOf(object) == 0) return false;
  return type == WatchEventType::kBookmark || !KeyOf(object).name.empty();
}

}  // namespace

Result<WatchLine> DecodeWatchLine(std::string_view line) {
  Result<Json> parsed = ParseJson(line);
  if (!parsed) return Fail(parsed.error());
  if (!parsed->is_object() || !parsed->contains("object")) {
    return Fail(ErrorCode::kDecode, "a watch event has no object");
  }
  const std::string name = StringAt(*parsed, "/type");
  Json& object = (*parsed)["object"];
  if (name == "ERROR") {
    return WatchLine{.event = std::nullopt, .ended = ReadStatus(object, 500).error};
  }
  const std::optional<WatchEventType> type = TypeOf(name);
  if (!type) return Fail(ErrorCode::kDecode, "a watch event is of no known type");
  if (!IsUsable(*type, object)) {
    return Fail(ErrorCode::kDecode, "an object in a watch has no name or resourceVersion");
  }
  return WatchLine{.event = WatchEvent{*type, std::move(object)}, .ended = {}};
}

}  // namespace belvedere::kube

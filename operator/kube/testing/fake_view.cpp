#include "operator/kube/testing/fake_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace belvedere::kube {
namespace {

// The value at a dotted path such as metadata.name or spec.nodeName, as text.
std::string FieldValue(const Json& object, std::string path) {
  std::replace(path.begin(), path.end(), '.', '/');
  return StringAt(object, "/" + path);
}

bool MatchesFields(const Json& object, const std::string& field_selector) {
  std::string_view rest = field_selector;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string one(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    const bool negated = one[equals - 1] == '!';
    const std::string path = one.substr(0, equals - (negated ? 1 : 0));
    const std::string value = one.substr(one.find_first_not_of('=', equals));
    if ((FieldValue(object, path) == value) == negated) return false;
  }
  return true;
}

}  // namespace

bool IsSelected(const Json& object, const ApiRequest& request, const Selector& selector) {
  return !object.is_null() && (request.key.ns.empty() || KeyOf(object).ns == request.key.ns) &&
         selector.Matches(LabelsOf(object)) &&
         MatchesFields(object, request.Param("fieldSelector"));
}

std::string EventLine(const char* type, const Json& object) {
  // The real one writes the type first, and readers count on it (PeekWatchLine).
  return R"({"type":)" + Dump(Json(type)) + R"(,"object":)" + Dump(object) + "}";
}

std::optional<std::string> LineOf(const Change& change, const ApiRequest& request,
                                  const Selector& selector) {
  if (change.type != request.type) return std::nullopt;
  const bool was = IsSelected(change.before, request, selector);
  const bool is = IsSelected(change.after, request, selector);
  if (!was && !is) return std::nullopt;
  Json object = Project(is ? change.after : change.before, request.projection);
  object["metadata"]["resourceVersion"] = std::to_string(change.resource_version);
  const char* type = !was ? "ADDED" : (is ? "MODIFIED" : "DELETED");
  return EventLine(type, object);
}

std::string BookmarkLine(const ResourceType& type, std::uint64_t version, Json annotations) {
  Json object{{"apiVersion", type.ApiVersion()}, {"kind", std::string(type.kind())}};
  object["metadata"] = {{"resourceVersion", std::to_string(version)}};
  if (!annotations.is_null()) object["metadata"]["annotations"] = std::move(annotations);
  return EventLine("BOOKMARK", object);
}

std::uint64_t ParseVersion(const std::string& text) {
  return ResourceVersionOf(Json{{"metadata", {{"resourceVersion", text}}}});
}

std::string WriteCursor(const Cursor& cursor) {
  return Dump(Json{{"v", cursor.version}, {"ns", cursor.after.ns}, {"name", cursor.after.name}});
}

std::optional<Cursor> ReadCursor(const std::string& token) {
  const Result<Json> json = ParseJson(token);
  if (!json || !json->is_object()) return std::nullopt;
  return Cursor{static_cast<std::uint64_t>(IntAt(*json, "/v")),
                {StringAt(*json, "/ns"), StringAt(*json, "/name")}};
}

}  // namespace belvedere::kube

#include "operator/kube/watch_decoder.h"

#include <charconv>
#include <cstddef>
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

// Stops the parser as soon as it has seen metadata.resourceVersion, which the API server writes
// after name and namespace.
class HeadReader final : public nlohmann::json_sax<Json> {
 public:
  bool start_object(std::size_t /*elements*/) override {
    // Only the way to object.metadata is of interest; the depth counts all.
    ++depth_;
    if (depth_ == on_the_way_ + 1 && IsStep()) ++on_the_way_;
    return true;
  }
  bool end_object() override {
    if (on_the_way_ == depth_) --on_the_way_;
    --depth_;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    name_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ != on_the_way_) return true;
    if (depth_ == 1 && name_ == "type") type_ = value;
    if (depth_ != 3) return true;
    if (name_ == "name") key_.name = value;
    if (name_ == "namespace") key_.ns = value;
    if (name_ != "resourceVersion") return true;
    version_ = value;
    return false;
  }
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(std::int64_t /*value*/) override { return true; }
  bool number_unsigned(std::uint64_t /*value*/) override { return true; }
  bool number_float(double /*value*/, const string_t& /*text*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  std::optional<WatchHead> Head() {
    if (type_ != "ADDED" && type_ != "MODIFIED") return std::nullopt;
    WatchHead head{.key = std::move(key_)};
    const char* end = version_.data() + version_.size();
    const auto [parsed, error] = std::from_chars(version_.data(), end, head.resource_version);
    const bool is_whole = error == std::errc() && parsed == end && !head.key.name.empty();
    return is_whole ? std::optional(std::move(head)) : std::nullopt;
  }

 private:
  bool IsStep() const {
    if (depth_ == 1) return true;
    return depth_ == 2 ? name_ == "object" : depth_ == 3 && name_ == "metadata";
  }

  int depth_ = 0;
  int on_the_way_ = 0;  // depth of the innermost open object that is on the way
  std::string name_;    // the latest key
  std::string type_;
  std::string version_;
  ObjectKey key_;
};

}  // namespace

std::optional<WatchHead> PeekWatchLine(std::string_view line) {
  HeadReader reader;
  static_cast<void>(Json::sax_parse(line, &reader, Json::input_format_t::json, /*strict=*/false));
  return reader.Head();
}

Result<WatchLine> DecodeWatchLine(std::string_view line, Known known) {
  Result<Json> parsed = ParseObjects(line, known);
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

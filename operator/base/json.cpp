#include "operator/base/json.h"

#include <utility>

namespace belvedere {

Result<Json> ParseJson(std::string_view text) {
  bool too_deep = false;
  const Json::parser_callback_t check_depth = [&too_deep](int depth, Json::parse_event_t,
                                                          const Json&) {
    too_deep = too_deep || depth > kMaxJsonDepth;
    return !too_deep;
  };
  Json value = Json::parse(text, check_depth, /*allow_exceptions=*/false);
  if (too_deep) return Fail(ErrorCode::kDecode, "JSON is nested too deeply");
  if (value.is_discarded()) return Fail(ErrorCode::kDecode, "not valid JSON");
  return value;
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& At(const Json& value, const std::string& pointer) {
  static const Json kNull;
  const Json::json_pointer path(pointer);
  return value.contains(path) ? value.at(path) : kNull;
}

std::string StringAt(const Json& value, const std::string& pointer, std::string fallback) {
  const Json& found = At(value, pointer);
  return found.is_string() ? found.get<std::string>() : std::move(fallback);
}

std::int64_t IntAt(const Json& value, const std::string& pointer, std::int64_t fallback) {
  const Json& found = At(value, pointer);
  return found.is_number_integer() ? found.get<std::int64_t>() : fallback;
}

}  // namespace belvedere

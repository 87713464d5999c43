#include "operator/base/json.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <utility>

template class nlohmann::basic_json<belvedere::SortedMembers>;

namespace belvedere {
namespace {

// Whether brackets nest deeper than kMaxJsonDepth. A scan of its own: the parser could count too,
// but only by calling back for every value, at twice the time.
bool IsTooDeep(std::string_view text) {
  int depth = 0;
  for (std::size_t at = NextBracket(text, 0); at != std::string_view::npos;
       at = NextBracket(text, at + 1)) {
    depth += IsOpening(text[at]) ? 1 : -1;
    if (depth > kMaxJsonDepth) return true;
  }
  return false;
}

// RFC 6901: ~1 stands for a slash and ~0 for a tilde.
std::string Unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool is_escape = token[i] == '~' && i + 1 < token.size();
    text += is_escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return text;
}

const Json* Member(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const Json* Item(const Json& array, std::string_view token) {
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto [parsed, error] = std::from_chars(token.data(), end, index);
  return error == std::errc() && parsed == end && index < array.size() ? &array[index] : nullptr;
}

const Json* Step(const Json& value, std::string_view token) {
  if (value.is_array()) return Item(value, token);
  if (!value.is_object()) return nullptr;
  return token.find('~') == std::string_view::npos ? Member(value, token)
                                                   : Member(value, Unescaped(token));
}

}  // namespace

std::size_t NextBracket(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (IsOpening(c) || c == '}' || c == ']') return at;
    if (c != '"') continue;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
    }
  }
  return std::string_view::npos;
}

Result<Json> ParseJson(std::string_view text) {
  if (IsTooDeep(text)) return Fail(ErrorCode::kDecode, "JSON is nested too deeply");
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return Fail(ErrorCode::kDecode, "not valid JSON");
  return value;
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DumpWith(const Json& object, const Json& members) {
  std::map<std::string_view, const Json*> all;
  for (const Json* part : {&members, &object}) {
    for (const auto& [name, value] : part->get_ref<const Json::object_t&>()) {
      all.emplace(name, &value);
    }
  }
  std::string text = "{";
  for (const auto& [name, value] : all) {
    if (text.size() > 1) text += ',';
    text += Dump(Json(name)) + ':';
    text += Dump(*value);
  }
  return text + "}";
}

// Walks by itself: nlohmann's pointer allocates each of its steps, and this is called for every
// field of every object that is read.
const Json& At(const Json& value, std::string_view pointer) {
  static const Json kNull;
  const Json* at = &value;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    at = Step(*at, pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return at == nullptr ? kNull : *at;
}

std::string StringAt(const Json& value, std::string_view pointer, std::string fallback) {
  const Json& found = At(value, pointer);
  return found.is_string() ? found.get<std::string>() : std::move(fallback);
}

std::int64_t IntAt(const Json& value, std::string_view pointer, std::int64_t fallback) {
  const Json& found = At(value, pointer);
  return found.is_number_integer() ? found.get<std::int64_t>() : fallback;
}

}  // namespace belvedere

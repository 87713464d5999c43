#include "controllers/config/ini.h"

#include <algorithm>
#include <string_view>

#include "controllers/config/inert.h"

namespace belvedere::config::ini {
namespace {

bool IsName(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return !text.empty() && std::ranges::all_of(text, is_allowed);
}

// $ and % begin references, # and ; comments, and the others quote, continue or end a value.
bool IsPlain(std::string_view text) {
  if (!InertTextProblem(text).empty()) return false;
  if (text.find_first_of("$%#;`\"'\\[]") != std::string_view::npos) return false;
  return text.empty() || (text.front() != ' ' && text.back() != ' ');
}

struct Printer {
  Result<std::string> operator()(bool value) const { return value ? "true" : "false"; }
  Result<std::string> operator()(std::int64_t value) const { return std::to_string(value); }
  Result<std::string> operator()(const std::string& text) const {
    if (!IsPlain(text)) return Fail(ErrorCode::kInvalid, "is not a plain text");
    return text;
  }
  Result<std::string> operator()(const FromFile& file) const {
    if (!IsInertPath(file.path)) return Fail(ErrorCode::kInvalid, "is not a plain path");
    return "$__file{" + file.path + "}";
  }
};

}  // namespace

Result<std::string> ToIni(const Document& document) {
  std::string text;
  for (const auto& [section, settings] : document) {
    if (!IsName(section)) return Fail(ErrorCode::kInvalid, "[" + section + "] is not a section");
    text += (text.empty() ? "[" : "\n[") + section + "]\n";
    for (const auto& [key, value] : settings) {
      const std::string where = "[" + section + "] " + key + " ";
      if (!IsName(key)) return Fail(ErrorCode::kInvalid, where + "is not a key");
      const Result<std::string> printed = std::visit(Printer(), value);
      if (!printed) return Fail(ErrorCode::kInvalid, where + printed.error().message);
      text.append(key).append(" = ").append(*printed).append("\n");
    }
  }
  return text;
}

}  // namespace belvedere::config::ini

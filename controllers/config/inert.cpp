#include "controllers/config/inert.h"

#include <algorithm>
#include <cstddef>

namespace belvedere::config {

std::string_view InertTextProblem(std::string_view text) {
  if (text.find("${") != std::string_view::npos) return "holds ${";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7F) return "holds a control character";
    // U+0080 to U+009F, and the separators of lines and paragraphs.
    if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) return "holds a control character";
    if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") {
      return "holds a line break";
    }
  }
  return "";
}

bool IsInertPath(std::string_view path) {
  return path.starts_with('/') && path.find("..") == std::string_view::npos &&
         std::ranges::all_of(path, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace belvedere::config

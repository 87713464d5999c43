#include "operator/kube/uid.h"

#include <algorithm>

namespace belvedere::kube {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";

bool IsUuid(std::string_view text) {
  return std::ranges::equal(text, kForm, [](char given, char form) {
    return form == '-' ? given == '-' : kDigits.find(given) != std::string_view::npos;
  });
}

}  // namespace

Uid Uid::Parse(std::string_view text) {
  Uid uid;
  if (IsUuid(text)) {
    std::size_t digits = 0;
    for (const char character : text) {
      if (character == '-') continue;
      char& byte = uid.bytes_[digits++ / 2];
      byte = static_cast<char>(static_cast<unsigned char>(byte) << 4U | kDigits.find(character));
    }
    uid.form_ = kUuid;
  } else if (text.size() <= kShort) {
    std::ranges::copy(text, uid.bytes_.begin());
    uid.form_ = static_cast<std::uint8_t>(text.size());
  }
  return uid;
}

std::string Uid::str() const {
  if (form_ != kUuid) return {bytes_.data(), form_};
  std::string text(kForm);
  std::size_t digits = 0;
  for (char& character : text) {
    if (character == '-') continue;
    const auto byte = static_cast<unsigned char>(bytes_[digits / 2]);
    character = kDigits[digits++ % 2 == 0 ? byte >> 4U : byte & 0xFU];
  }
  return text;
}

}  // namespace belvedere::kube

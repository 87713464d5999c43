#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace belvedere::kube {

// The UID of an object in place, for those that are kept in great numbers. It is a UUID in text
// (Kubernetes, "Object Names and IDs"; RFC 4122), so that 36 characters are enough; what is longer
// is no UID, and reads as none.
class Uid {
 public:
  static constexpr std::size_t kLength = 36;

  Uid() = default;
  template <std::convertible_to<std::string_view> Text>
  Uid(const Text& text) {  // NOLINT(google-explicit-constructor): compared with text everywhere
    const std::string_view from = text;
    if (from.size() > kLength) return;
    std::ranges::copy(from, text_.begin());
    length_ = static_cast<std::uint8_t>(from.size());
  }

  std::string_view view() const { return {text_.data(), length_}; }
  std::string str() const { return std::string(view()); }
  bool empty() const { return length_ == 0; }
  auto operator<=>(const Uid&) const = default;

 private:
  std::array<char, kLength> text_{};
  std::uint8_t length_ = 0;
};

}  // namespace belvedere::kube

#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace belvedere::kube {

// The UID of an object in 21 bytes, for those that are kept in great numbers. It is a UUID in lower
// case (Kubernetes, "Object Names and IDs"; RFC 4122), and is kept as its 16 bytes; other text of
// at most kShort characters is kept as it is, and what is longer is no UID and reads as none.
class Uid {
 public:
  static constexpr std::size_t kShort = 20;

  Uid() = default;
  template <std::convertible_to<std::string_view> Text>
  // NOLINTNEXTLINE(google-explicit-constructor): compared with text everywhere
  Uid(const Text& text) : Uid(Parse(text)) {}

  std::string str() const;
  // Of equal UIDs the same, for a hash.
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return form_ == 0; }
  auto operator<=>(const Uid&) const = default;

 private:
  static constexpr std::uint8_t kUuid = 255;

  static Uid Parse(std::string_view text);

  std::array<char, kShort> bytes_{};
  std::uint8_t form_ = 0;  // number of characters, or kUuid
};

}  // namespace belvedere::kube

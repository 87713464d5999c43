#include "controllers/config/byte_size.h"

#include <array>
#include <charconv>

namespace belvedere::config {
namespace {

struct Unit {
  std::string_view text;
  std::int64_t bytes;
};

constexpr std::int64_t kKibi = 1024;
constexpr std::array<Unit, 4> kUnits{{{"TB", kKibi* kKibi* kKibi* kKibi},
                                      {"GB", kKibi* kKibi* kKibi},
                                      {"MB", kKibi* kKibi},
                                      {"KB", kKibi}}};
constexpr std::int64_t kMost = kKibi * kUnits[0].bytes;

}  // namespace

Result<std::int64_t> ParseByteSize(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, count);
  for (const Unit& unit : kUnits) {
    if (code != std::errc() || count < 0 || std::string_view(rest, end) != unit.text) continue;
    if (count > kMost / unit.bytes) break;
    return count * unit.bytes;
  }
  return Fail(ErrorCode::kInvalid,
              "\"" + std::string(text) + "\" is not a size such as 512MB or 45GB");
}

std::string FormatByteSize(std::int64_t bytes) {
  const std::int64_t whole = bytes - bytes % kKibi;
  for (const Unit& unit : kUnits) {
    if (whole >= unit.bytes && whole % unit.bytes == 0) {
      return std::to_string(whole / unit.bytes) + std::string(unit.text);
    }
  }
  return "0KB";
}

}  // namespace belvedere::config

#include "operator/base/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

namespace belvedere {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
  bool only_exact;  // printed only where it leaves no remainder
};

constexpr std::int64_t kDay = 24LL * 60 * 60 * 1000;
constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * kDay, true},
                                         {"w", 7 * kDay, true},
                                         {"d", kDay, false},
                                         {"h", 3'600'000, false},
                                         {"m", 60'000, false},
                                         {"s", 1000, false},
                                         {"ms", 1, false}}};

// Who reads them keeps 64-bit nanoseconds (Go, time.Duration).
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t UnitIndex(std::string_view name) {
  std::size_t index = 0;
  while (index < kUnits.size() && kUnits[index].name != name) ++index;
  return index;
}

tl::unexpected<Error> Bad(std::string_view text, const char* why) {
  return Fail(ErrorCode::kInvalid, "duration \"" + std::string(text) + "\": " + why);
}

}  // namespace

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return Bad(text, "empty");
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  for (std::string_view rest = text; !rest.empty();) {
    std::int64_t count = 0;
    const char* const end = rest.data() + rest.size();
    if (!IsDigit(rest.front())) return Bad(text, "a whole number is expected before each unit");
    const auto [stop, error] = std::from_chars(rest.data(), end, count);
    if (error != std::errc{}) return Bad(text, "too long");
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));

    std::size_t length = 0;
    while (length < rest.size() && !IsDigit(rest[length])) ++length;
    const std::size_t unit = UnitIndex(rest.substr(0, length));
    if (unit == kUnits.size()) return Bad(text, "units are y, w, d, h, m, s, ms");
    if (unit < next_unit) return Bad(text, "units go from large to small, each once");
    next_unit = unit + 1;
    rest.remove_prefix(length);

    if (count > (kMax - total) / kUnits[unit].milliseconds) return Bad(text, "too long");
    total += count * kUnits[unit].milliseconds;
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  const bool negative = duration.count() < 0;
  std::string text = negative ? "-" : "";
  // Unsigned, because the smallest value has no positive counterpart.
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (negative) rest = 0 - rest;
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.milliseconds);
    if (rest < size || (unit.only_exact && rest % size != 0)) continue;
    text += std::to_string(rest / size);
    text += unit.name;
    rest %= size;
  }
  return text;
}

}  // namespace belvedere

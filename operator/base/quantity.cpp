#include "operator/base/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace belvedere {
namespace {

__extension__ using Int128 = __int128;

constexpr Int128 kNanosPerUnit = 1'000'000'000;
constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

// Magnitudes stay below 10^28 units = 10^37 nanos, which fits in 127 bits.
constexpr std::size_t kMaxNanoDigits = 37;
constexpr std::size_t kMaxBinaryDecimals = 18;
// Longer exponents are zero or out of range; bounded before arithmetic.
constexpr int kMaxExponent = 1000;

struct SiSuffix {
  std::string_view name;
  int exponent;  // of 10
};
constexpr std::array<SiSuffix, 10> kDecimalSuffixes = {{{"n", -9},
                                                        {"u", -6},
                                                        {"m", -3},
                                                        {"", 0},
                                                        {"k", 3},
                                                        {"M", 6},
                                                        {"G", 9},
                                                        {"T", 12},
                                                        {"P", 15},
                                                        {"E", 18}}};
// Position i stands for 1024^i.
constexpr std::array<std::string_view, 7> kBinarySuffixes = {"",   "Ki", "Mi", "Gi",
                                                             "Ti", "Pi", "Ei"};

Int128 PowerOfTen(std::size_t exponent) {
  Int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

Int128 DigitsToInt(std::string_view digits) {
  Int128 value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

Int128 DivideUp(Int128 value, Int128 divisor) {
  return value / divisor + (value % divisor != 0 ? 1 : 0);
}

std::string ToText(Int128 value) {
  if (value == 0) return "0";
  std::string text;
  for (; value != 0; value /= 10) text += static_cast<char>('0' + static_cast<int>(value % 10));
  std::reverse(text.begin(), text.end());
  return text;
}

std::string_view TakeDigits(std::string_view& rest) {
  const std::size_t length = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view digits = rest.substr(0, length);
  rest.remove_prefix(length);
  return digits;
}

std::string DecimalText(Int128 nanos, Quantity::Format format) {
  int exponent = -9;
  // Only an SI suffix has an end; an exponent may grow as far as the value does.
  while (nanos % 1000 == 0 && (exponent < 18 || format == Quantity::Format::kDecimalExponent)) {
    nanos /= 1000;
    exponent += 3;
  }
  if (format == Quantity::Format::kDecimalExponent) {
    return ToText(nanos) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  }
  return ToText(nanos).append(kDecimalSuffixes[static_cast<std::size_t>(exponent / 3 + 3)].name);
}

std::string BinaryText(Int128 whole) {
  std::size_t index = 0;
  for (; whole % 1024 == 0 && index + 1 < kBinarySuffixes.size(); ++index) whole /= 1024;
  return ToText(whole).append(kBinarySuffixes[index]);
}

}  // namespace

// One parse: sign, digits before and after the point, suffix.
class QuantityParser {
 public:
  explicit QuantityParser(std::string_view text) : text_(text) {}

  Result<Quantity> Parse() {
    std::string_view rest = text_;
    bool negative = false;
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
      negative = rest.front() == '-';
      rest.remove_prefix(1);
    }
    whole_ = TakeDigits(rest);
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      decimals_ = TakeDigits(rest);
    }
    if (whole_.empty() && decimals_.empty()) return Bad("a number is expected");
    whole_.remove_prefix(std::min(whole_.find_first_not_of('0'), whole_.size()));
    decimals_ = decimals_.substr(0, decimals_.find_last_not_of('0') + 1);

    auto parsed = ParseSuffix(rest);
    if (parsed && negative) parsed->nanos_ = -parsed->nanos_;
    return parsed;
  }

 private:
  Result<Quantity> ParseSuffix(std::string_view suffix) const {
    for (const auto& [name, exponent] : kDecimalSuffixes) {
      if (suffix == name) return Decimal(exponent, Quantity::Format::kDecimalSi);
    }
    for (std::size_t i = 1; i < kBinarySuffixes.size(); ++i) {
      if (suffix == kBinarySuffixes[i]) return Binary(static_cast<int>(10 * i));
    }
    const std::optional<int> exponent = ParseExponent(suffix);
    if (!exponent) return Bad("suffixes are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or e<number>");
    return Decimal(*exponent, Quantity::Format::kDecimalExponent);
  }

  static std::optional<int> ParseExponent(std::string_view suffix) {
    if (suffix.size() < 2 || (suffix.front() != 'e' && suffix.front() != 'E')) return std::nullopt;
    suffix.remove_prefix(1);
    if (suffix.front() == '+') {
      suffix.remove_prefix(1);
      if (suffix.empty() || suffix.front() == '-') return std::nullopt;
    }
    int exponent = 0;
    const char* const end = suffix.data() + suffix.size();
    const auto [stop, error] = std::from_chars(suffix.data(), end, exponent);
    if (error != std::errc{} || stop != end) return std::nullopt;
    if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
    return exponent;
  }

  // digits * 10^exponent, worked out on the digits: they may be many more than an integer holds.
  Result<Quantity> Decimal(int exponent, Quantity::Format format) const {
    Quantity quantity;
    quantity.format_ = format;
    std::string digits = std::string(whole_) + std::string(decimals_);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) return quantity;

    const std::ptrdiff_t shift = exponent - static_cast<std::ptrdiff_t>(decimals_.size()) + 9;
    const auto length = static_cast<std::ptrdiff_t>(digits.size()) + shift;
    if (length > static_cast<std::ptrdiff_t>(kMaxNanoDigits)) return Bad("out of range");
    if (shift >= 0) {
      digits.append(static_cast<std::size_t>(shift), '0');
      quantity.nanos_ = DigitsToInt(digits);
      return quantity;
    }
    const auto kept = static_cast<std::size_t>(std::max<std::ptrdiff_t>(length, 0));
    const bool inexact = digits.find_first_not_of('0', kept) != std::string::npos;
    quantity.nanos_ = DigitsToInt(std::string_view(digits).substr(0, kept)) + (inexact ? 1 : 0);
    return quantity;
  }

  // (whole + decimals) * 2^shift, cut off at the largest 64-bit number as Kubernetes does.
  Result<Quantity> Binary(int shift) const {
    if (decimals_.size() > kMaxBinaryDecimals) return Bad("too many decimals");
    Quantity quantity;
    quantity.format_ = Quantity::Format::kBinarySi;
    const Int128 factor = static_cast<Int128>(1) << shift;
    const Int128 most = kMaxInt64 * kNanosPerUnit;
    if (whole_.size() > 19 || DigitsToInt(whole_) > kMaxInt64 / factor) {
      quantity.nanos_ = most;
      return quantity;
    }
    const Int128 fraction = DigitsToInt(decimals_) * factor;
    const std::size_t places = decimals_.size();
    const Int128 fraction_nanos =
        places > 9 ? DivideUp(fraction, PowerOfTen(places - 9)) : fraction * PowerOfTen(9 - places);
    const Int128 nanos = DigitsToInt(whole_) * factor * kNanosPerUnit + fraction_nanos;
    quantity.nanos_ = std::min(nanos, most);
    return quantity;
  }

  tl::unexpected<Error> Bad(const char* why) const {
    return Fail(ErrorCode::kInvalid, "quantity \"" + std::string(text_) + "\": " + why);
  }

  std::string_view text_;
  std::string_view whole_;     // without leading zeros
  std::string_view decimals_;  // without trailing zeros
};

Quantity::Quantity(std::int64_t value, Format format)
    : nanos_(value * kNanosPerUnit), format_(format) {}

Result<Quantity> Quantity::Parse(std::string_view text) { return QuantityParser(text).Parse(); }

Result<Quantity> Quantity::FromJson(const Json& value) {
  if (value.is_string()) return Parse(value.get_ref<const std::string&>());
  if (value.is_number()) return Parse(Dump(value));
  return Fail(ErrorCode::kInvalid, "a quantity is a string or a number");
}

std::string Quantity::Canonical() const {
  if (nanos_ == 0) return "0";
  const std::string sign = nanos_ < 0 ? "-" : "";
  const Int128 magnitude = nanos_ < 0 ? -nanos_ : nanos_;
  if (format_ != Format::kBinarySi) return sign + DecimalText(magnitude, format_);
  const bool whole = magnitude % kNanosPerUnit == 0;
  if (!whole || magnitude < 1024 * kNanosPerUnit) {
    return sign + DecimalText(magnitude, Format::kDecimalSi);
  }
  return sign + BinaryText(magnitude / kNanosPerUnit);
}

std::int64_t Quantity::Value() const { return CeilDivide(kNanosPerUnit); }

std::int64_t Quantity::MilliValue() const { return CeilDivide(kNanosPerUnit / 1000); }

std::strong_ordering Quantity::operator<=>(const Quantity& other) const {
  if (nanos_ == other.nanos_) return std::strong_ordering::equal;
  return nanos_ < other.nanos_ ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::int64_t Quantity::CeilDivide(Int128 unit) const {
  // C++ division cuts towards zero, which is up for negative numbers.
  const Int128 quotient = nanos_ / unit + (nanos_ > 0 && nanos_ % unit != 0 ? 1 : 0);
  constexpr Int128 kLow = std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(std::clamp<Int128>(quotient, kLow, kMaxInt64));
}

}  // namespace belvedere

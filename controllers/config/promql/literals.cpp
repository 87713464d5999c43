#include "controllers/config/promql/literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "operator/base/duration.h"

namespace belvedere::config::promql {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr char32_t kReplacement = 0xFFFD;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Underscores stand between digits, or after the prefix of a hexadecimal number.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  const bool hex = text.starts_with("0x");
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() &&
           (IsDigit(text[i]) || (hex && kDigits.find(text[i]) < 16) || (hex && i == 1));
  };
  std::string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      kept += text[i];
    } else if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) {
      return std::nullopt;
    }
  }
  return kept;
}

std::optional<double> ParseInteger(std::string_view digits, int base) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, value, base);
  if (code != std::errc() || stop != end) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> ParseDecimal(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc::invalid_argument || stop != end) return std::nullopt;
  // Too small is zero, too large is no number; from_chars does not tell them apart.
  if (code == std::errc::result_out_of_range) value = std::strtod(text.c_str(), nullptr);
  if (std::isinf(value)) return std::nullopt;
  return value;
}

template <typename... Format>
std::string ToChars(double value, Format... format) {
  std::array<char, 400> buffer{};
  const auto [end, code] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format...);
  return code == std::errc() ? std::string(buffer.data(), end) : std::string();
}

std::string Hex(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<CodePoint> FirstCodePoint(std::string_view text) {
  struct Form {
    unsigned lead, mask;
    std::size_t length;
    char32_t least;
  };
  constexpr std::array<Form, 4> kForms{{{0x00, 0x80, 1, 0},
                                        {0xC0, 0xE0, 2, 0x80},
                                        {0xE0, 0xF0, 3, 0x800},
                                        {0xF0, 0xF8, 4, 0x10000}}};
  const auto first = static_cast<unsigned char>(text[0]);
  for (const Form& form : kForms) {
    if ((first & form.mask) != form.lead) continue;
    if (text.size() < form.length) return std::nullopt;
    char32_t value = first & ~form.mask & 0xFF;
    for (std::size_t i = 1; i < form.length; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0U) != 0x80U) return std::nullopt;
      value = value << 6U | (next & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    if (value < form.least || value > 0x10FFFF || surrogate) return std::nullopt;
    return CodePoint{.value = value, .length = form.length};
  }
  return std::nullopt;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::optional<CodePoint> point = FirstCodePoint(text);
    if (!point) return false;
    text.remove_prefix(point->length);
  }
  return true;
}

std::optional<double> ParseNumber(std::string_view token) {
  const std::string lower = LowerCase(token);
  if (lower == "inf") return std::numeric_limits<double>::infinity();
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (lower.empty() || (!IsDigit(lower[0]) && lower[0] != '.')) return std::nullopt;
  const std::optional<std::string> text = WithoutUnderscores(lower);
  if (!text) return std::nullopt;
  if (text->starts_with("0x")) return ParseInteger(text->substr(2), 16);
  if (text->starts_with('0')) {
    if (const auto octal = ParseInteger(*text, 8)) return octal;
  }
  return ParseDecimal(*text);
}

bool SameNumber(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  // Plain digits as long as people can read them.
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);
  return plain ? ToChars(value, std::chars_format::fixed) : ToChars(value);
}

std::optional<double> ParseSeconds(std::string_view token) {
  const Result<std::chrono::milliseconds> parsed = ParseDuration(token);
  if (!parsed || token == "0") return std::nullopt;
  const std::int64_t count = parsed->count();
  const std::int64_t whole = count / 1000;
  return static_cast<double>(whole) + static_cast<double>(count % 1000 * 1'000'000) / 1e9;
}

std::string FormatSeconds(double seconds) {
  const double milliseconds = std::round(std::abs(seconds) * 1000);
  if (seconds == 0) return std::signbit(seconds) ? "-0s" : "0s";
  if (milliseconds >= 1 && milliseconds < 1e13) {
    const std::chrono::milliseconds whole(static_cast<std::int64_t>(milliseconds));
    const std::string text = FormatDuration(whole);
    if (ParseSeconds(text) == std::abs(seconds)) return (seconds < 0 ? "-" : "") + text;
  }
  return FormatNumber(seconds);
}

bool IsDuration(double seconds) {
  constexpr double kMost = 9223372036.854775808;
  return !(seconds > kMost) && !(seconds < -kMost);  // as Prometheus: NaN passes
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::optional<CodePoint> point = FirstCodePoint(text);
    const std::size_t length = point ? point->length : 1;
    if (text[0] == '"' || text[0] == '\\') {
      quoted += {'\\', text[0]};
    } else if (text[0] == '\n') {
      quoted += "\\n";
    } else if (!point || point->value == kReplacement || point->value < 0x20 ||
               (point->value >= 0x7F && point->value < 0xA0)) {
      // A replacement character is what Prometheus takes for broken UTF-8.
      for (const char c : text.substr(0, length)) quoted += Hex(c);
    } else {
      quoted += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return quoted + '"';
}

bool IsPlainLabel(std::string_view name) {
  return !name.empty() && IsLetter(name[0]) &&
         std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c); });
}

bool IsPlainMetric(std::string_view name) {
  constexpr std::array<std::string_view, 8> kTaken{"atan2",    "bool", "group_left", "group_right",
                                                   "ignoring", "inf",  "nan",        "on"};
  const auto fits = [](char c) { return IsLetter(c) || IsDigit(c) || c == ':'; };
  if (name.empty() || IsDigit(name[0]) || !std::ranges::all_of(name, fits)) return false;
  return std::ranges::find(kTaken, LowerCase(name)) == kTaken.end();
}

}  // namespace belvedere::config::promql

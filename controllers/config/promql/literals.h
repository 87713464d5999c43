#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Numbers, durations, strings and names as PromQL spells them.
namespace belvedere::config::promql {

// ASCII letters in lower case.
std::string LowerCase(std::string_view text);

// One code point of UTF-8 text.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  // in bytes
};
// The first one of `text`, which is not empty; none: no UTF-8.
std::optional<CodePoint> FirstCodePoint(std::string_view text);
bool IsUtf8(std::string_view text);

// A number token: decimal, hexadecimal with 0x, octal with a leading 0, underscores between digits,
// "inf" and "nan" in any case. None: no number, or one that is too large.
std::optional<double> ParseNumber(std::string_view token);

// Equal, or neither of them a number.
bool SameNumber(double a, double b);

// The shortest text from which ParseNumber, after the sign, makes `value`.
std::string FormatNumber(double value);

// Seconds of a duration token ("1h30m").
std::optional<double> ParseSeconds(std::string_view token);

// A duration ("1h30m") where one is exactly `seconds`, else a number; after the sign.
std::string FormatSeconds(double seconds);

// Whether Prometheus, which counts nanoseconds in 64 bits, can keep it.
bool IsDuration(double seconds);

// `text` as a string literal that holds no control character, nor anything that is not UTF-8.
std::string Quote(std::string_view text);

// Names that need no quotes.
bool IsPlainLabel(std::string_view name);
// Also not a word that means something else where a metric's name may stand.
bool IsPlainMetric(std::string_view name);

}  // namespace belvedere::config::promql

#include "controllers/config/promql/regex.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/unicode_names.h"

// The syntax: https://github.com/google/re2/wiki/Syntax, https://pkg.go.dev/regexp/syntax.
namespace belvedere::config::promql {
namespace {

// Go's own bounds.
constexpr int kMostCopies = 1000;
constexpr int kMostLevels = 999;  // of 1000; Prometheus adds one
constexpr std::int64_t kMostInstructions = (128 << 20) / 40;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsCaptureName(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c == '_' || IsAlphanumeric(c); });
}
int HexValue(char32_t c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const char lower = c < 0x80 ? LowerCase(std::string(1, static_cast<char>(c)))[0] : '\0';
  const std::size_t value = kHex.find(lower);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

// What is known of a part of the expression.
struct Part {
  OnEmpty on_empty = OnEmpty::kMatches;
  int copies = 1;  // of its innermost part, by counted repetitions
  std::int64_t size = 0;
  int levels = 0;

  static Part Of(OnEmpty on_empty) {
    Part one;
    one.on_empty = on_empty;
    one.size = one.levels = 1;
    return one;
  }
  void Append(const Part& other) {
    if (other.on_empty == OnEmpty::kDiffers) on_empty = OnEmpty::kDiffers;
    Grow(other);
  }
  void Alternate(const Part& other) {
    if (other.on_empty == OnEmpty::kMatches) on_empty = OnEmpty::kMatches;
    Grow(other);
  }

 private:
  void Grow(const Part& other) {
    copies = std::max(copies, other.copies);
    size += other.size + 1;
    levels = std::max(levels, other.levels);
  }
};

// An open group; what is nested is kept in a list, not on the stack of calls.
struct Group {
  std::optional<Part> alternatives;  // those that are complete
  Part sequence;                     // of the current one, without `last`
  std::optional<Part> last;          // what a repetition would repeat

  void Push(const Part& part) {
    if (last) sequence.Append(*last);
    last = part;
  }
  void EndAlternative() {
    if (last) sequence.Append(*last);
    if (alternatives) {
      alternatives->Alternate(sequence);
    } else {
      alternatives = sequence;
    }
    sequence = {};
    last.reset();
  }
};

struct Count {
  int least = 0;
  int most = 0;  // -1: no bound
};

class Checker {
 public:
  explicit Checker(std::string_view pattern) : rest_(pattern) {}

  tl::expected<OnEmpty, std::string> Check() {
    while (!rest_.empty() && problem_.empty()) Step();
    if (problem_.empty() && groups_.size() > 1) Refuse("a parenthesis is not closed");
    if (!problem_.empty()) return tl::unexpected(problem_);
    groups_.back().EndAlternative();
    return groups_.back().alternatives->on_empty;
  }

 private:
  void Refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }

  bool Accept(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  void Push(const Part& part) {
    if (part.size > kMostInstructions) Refuse("too large");
    if (part.levels > kMostLevels) Refuse("nested too deeply");
    groups_.back().Push(part);
  }

  void Step() {
    const char c = rest_[0];
    const bool repeats = c == '*' || c == '+' || c == '?' || c == '{';
    if (repeats && Repetition()) return;
    after_repetition_ = false;
    if (Accept("|")) {
      groups_.back().EndAlternative();
    } else if (c == '(') {
      OpenGroup();
    } else if (c == ')') {
      CloseGroup();
    } else if (Accept("^") || Accept("$") || Accept("\\A") || Accept("\\z") || Accept("\\B")) {
      Push(Part::Of(OnEmpty::kMatches));
    } else if (Accept("\\Q")) {
      Literals();
    } else {
      if (c == '[') {
        Class();
      } else if (c != '\\') {
        Character();
      } else if (!Accept("\\b") && !ClassEscape()) {
        Escape();
      }
      // \b as well: the empty text has no word that could begin or end.
      Push(Part::Of(OnEmpty::kDiffers));
    }
  }

  // False: the brace is a character like others.
  bool Repetition() {
    Count count;
    if (Accept("*")) {
      count = {.least = 0, .most = -1};
    } else if (Accept("+")) {
      count = {.least = 1, .most = -1};
    } else if (Accept("?")) {
      count = {.least = 0, .most = 1};
    } else if (const std::optional<Count> read = ReadCount()) {
      count = *read;
      counted_ = true;
    } else {
      return false;
    }
    Accept("?");  // reluctant
    if (after_repetition_) Refuse("a repetition of a repetition");
    after_repetition_ = true;
    if (!groups_.back().last) {
      Refuse("nothing to repeat");
    } else {
      Repeat(*groups_.back().last, count);
    }
    counted_ = false;
    return true;
  }

  void Repeat(Part& part, Count count) {
    if (count.least == 0) part.on_empty = OnEmpty::kMatches;
    if (++part.levels > kMostLevels) Refuse("nested too deeply");
    if (!counted_) {
      part.size += 2;
      return;
    }
    const std::int64_t times = count.most < 0 ? count.least : count.most;
    if (times == 0) {
      part.copies = count.most == 0 ? 1 : part.copies;
      part.size += 2;
      return;
    }
    if (times > kMostCopies / part.copies) return Refuse("too many repetitions");
    part.copies *= static_cast<int>(times);
    part.size = times * part.size + times;
    if (part.size > kMostInstructions) Refuse("too large");
  }

  // {n}, {n,} or {n,m}.
  std::optional<Count> ReadCount() {
    const std::string_view start = rest_;
    Count count;
    const bool good = Accept("{") && ReadInteger(count.least) && [&] {
      count.most = count.least;
      if (!Accept(",")) return true;
      count.most = -1;
      return rest_.starts_with("}") || ReadInteger(count.most);
    }() && Accept("}");
    if (!good) {
      rest_ = start;
      return std::nullopt;
    }
    const bool fits = count.least <= kMostCopies && count.most <= kMostCopies;
    if (!fits || (count.most >= 0 && count.least > count.most)) Refuse("bad repetition count");
    return count;
  }

  // Without leading zeros; what is too large becomes kMostCopies + 1.
  bool ReadInteger(int& value) {
    std::size_t length = 0;
    value = 0;
    while (length < rest_.size() && IsDigit(rest_[length])) {
      value = std::min(value * 10 + (rest_[length] - '0'), kMostCopies + 1);
      ++length;
    }
    if (length == 0 || (length > 1 && rest_[0] == '0')) return false;
    rest_.remove_prefix(length);
    return true;
  }

  void OpenGroup() {
    Accept("(");
    if (rest_.starts_with("?") && !GroupFlags()) return;
    groups_.emplace_back();
  }

  // (?P<name>, (?<name>, (?flags: and (?flags). False: no group was opened.
  bool GroupFlags() {
    Accept("?");
    if (rest_.starts_with("P<") || rest_.starts_with("<")) {
      const std::size_t begin = rest_.find('<') + 1;
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos || !IsCaptureName(rest_.substr(begin, end - begin))) {
        Refuse("bad name of a group");
        return false;
      }
      rest_.remove_prefix(end + 1);
      return true;
    }
    const std::size_t end = rest_.find_first_not_of("imsU-");
    const std::string_view flags = rest_.substr(0, end);
    const std::size_t dash = flags.find('-');
    const bool good =
        end != std::string_view::npos && (rest_[end] == ':' || rest_[end] == ')') &&
        (dash == std::string_view::npos ||
         (dash + 1 < flags.size() && flags.find('-', dash + 1) == std::string_view::npos));
    if (!good) {
      Refuse("bad flags of a group");
      return false;
    }
    const bool opens = rest_[end] == ':';
    rest_.remove_prefix(end + 1);
    return opens;
  }

  void CloseGroup() {
    Accept(")");
    if (groups_.size() < 2) return Refuse("a parenthesis was not opened");
    groups_.back().EndAlternative();
    Part part = *groups_.back().alternatives;
    part.size += 2;
    ++part.levels;
    groups_.pop_back();
    Push(part);
  }

  // \Q...\E
  void Literals() {
    const std::size_t end = std::min(rest_.find("\\E"), rest_.size());
    std::string_view literals = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 2, rest_.size()));
    while (!literals.empty()) {
      const std::optional<CodePoint> point = FirstCodePoint(literals);
      if (!point) return Refuse("invalid UTF-8");
      literals.remove_prefix(point->length);
      Push(Part::Of(OnEmpty::kDiffers));
    }
  }

  std::optional<char32_t> Character() {
    const std::optional<CodePoint> point = rest_.empty() ? std::nullopt : FirstCodePoint(rest_);
    if (!point) {
      Refuse(rest_.empty() ? "it ends too early" : "invalid UTF-8");
      return std::nullopt;
    }
    rest_.remove_prefix(point->length);
    return point->value;
  }

  void Class() {
    Accept("[");
    Accept("^");
    for (bool first = true; problem_.empty() && (first || !rest_.starts_with("]")); first = false) {
      if (rest_.empty()) return Refuse("a bracket is not closed");
      if (rest_.starts_with("[:") && rest_.size() > 2 && NamedClass()) continue;
      if (ClassEscape()) continue;
      const std::optional<char32_t> low = ClassCharacter();
      const bool range = rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']';
      if (!low || !range) continue;
      Accept("-");
      const std::optional<char32_t> high = ClassCharacter();
      if (high && *high < *low) Refuse("bad range of characters");
    }
    Accept("]");
  }

  std::optional<char32_t> ClassCharacter() {
    return rest_.starts_with("\\") ? Escape() : Character();
  }

  // [:alnum:] and the like. False: it is not of that form.
  bool NamedClass() {
    constexpr std::array<std::string_view, 14> kNames{"alnum", "alpha", "ascii", "blank", "cntrl",
                                                      "digit", "graph", "lower", "print", "punct",
                                                      "space", "upper", "word",  "xdigit"};
    const std::size_t end = rest_.find(":]", 2);
    if (end == std::string_view::npos) return false;
    std::string_view name = rest_.substr(2, end - 2);
    if (name.starts_with("^")) name.remove_prefix(1);
    if (std::ranges::find(kNames, name) == kNames.end()) Refuse("unknown class of characters");
    rest_.remove_prefix(end + 2);
    return true;
  }

  // \d, \pL, \p{Greek} and the like.
  bool ClassEscape() {
    if (rest_.size() < 2 || rest_[0] != '\\') return false;
    if (std::string_view("dDsSwW").find(rest_[1]) != std::string_view::npos) {
      rest_.remove_prefix(2);
      return true;
    }
    if (rest_[1] != 'p' && rest_[1] != 'P') return false;
    rest_.remove_prefix(2);
    std::string_view name;
    if (Accept("{")) {
      const std::size_t end = rest_.find('}');
      name = rest_.substr(0, end);
      rest_.remove_prefix(std::min(name.size() + 1, rest_.size()));
      if (end == std::string_view::npos) Refuse("a brace is not closed");
    } else {
      const std::string_view start = rest_;
      Character();
      name = start.substr(0, start.size() - rest_.size());
    }
    if (name.starts_with("^")) name.remove_prefix(1);
    if (!IsUnicodeName(name)) Refuse("unknown class of characters");
    return true;
  }

  std::optional<char32_t> Escape() {
    const auto refuse = [&] {
      Refuse("bad escape sequence");
      return std::nullopt;
    };
    Accept("\\");
    const std::optional<char32_t> c = Character();
    if (!c) return c;
    if (*c >= 0x80) return refuse();
    const char name = static_cast<char>(*c);
    const bool octal_follows = !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7';
    if (name == '0' || (name >= '1' && name <= '7' && octal_follows)) return Octal(name);
    if (name == 'x') return Hexadecimal();
    constexpr std::string_view kControls = "abfnrtv";  // \a is 7, and so on
    const std::size_t control = kControls.find(name);
    if (name != 'b' && control != std::string_view::npos) {
      return std::array<char32_t, 7>{'\a', '\b', '\f', '\n', '\r', '\t', '\v'}.at(control);
    }
    return IsAlphanumeric(name) ? refuse() : c;
  }

  char32_t Octal(char first) {
    auto value = static_cast<char32_t>(first - '0');
    for (int i = 0; i < 2 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7'; ++i) {
      value = value * 8 + static_cast<char32_t>(rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  // \xFF or \x{10FFFF}.
  std::optional<char32_t> Hexadecimal() {
    const bool braces = Accept("{");
    char32_t value = 0;
    int digits = 0;
    for (; braces ? !rest_.starts_with("}") : digits < 2; ++digits) {
      const std::optional<char32_t> c = Character();
      const int digit = c ? HexValue(*c) : -1;
      value = value * 16 + static_cast<char32_t>(std::max(digit, 0));
      if (digit >= 0 && value <= 0x10FFFF) continue;
      Refuse("bad escape sequence");
      return std::nullopt;
    }
    if (braces && digits == 0) Refuse("bad escape sequence");
    if (braces) Accept("}");
    return value;
  }

  std::string_view rest_;
  std::vector<Group> groups_ = std::vector<Group>(1);
  bool after_repetition_ = false;
  bool counted_ = false;  // the repetition is {n} or the like
  std::string problem_;
};

// Texts without any special character are never given to the regular expressions: they may even
// be no UTF-8.
bool IsAlternatingLiterals(std::string_view pattern) {
  return pattern.find_first_of(R"(\.+*?()[]{}^$)") == std::string_view::npos;
}

OnEmpty HasEmptyAlternative(std::string_view pattern) {
  const bool empty = pattern.empty() || pattern.front() == '|' || pattern.back() == '|' ||
                     pattern.find("||") != std::string_view::npos;
  return empty ? OnEmpty::kMatches : OnEmpty::kDiffers;
}

}  // namespace

tl::expected<OnEmpty, std::string> CheckRegex(std::string_view pattern) {
  if (IsAlternatingLiterals(pattern)) return HasEmptyAlternative(pattern);
  return Checker(pattern).Check();
}

}  // namespace belvedere::config::promql

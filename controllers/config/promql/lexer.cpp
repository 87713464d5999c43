#include "controllers/config/promql/lexer.h"

#include <algorithm>
#include <array>

#include "controllers/config/promql/literals.h"

// The rules of tokens that no document tells (what may follow a digit, where comments may stand)
// are those of Prometheus 3.14, promql/parser/lex.go; conformance_test.cpp holds them.
namespace belvedere::config::promql {
namespace {

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";
constexpr char32_t kReplacement = 0xFFFD;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string Shown(char c) { return Quote(std::string_view(&c, 1)); }

void AppendUtf8(char32_t value, std::string& to) {
  const auto tail = [&](unsigned shift) {
    to += static_cast<char>(0x80U | (value >> shift & 0x3FU));
  };
  if (value < 0x80) {
    to += static_cast<char>(value);
  } else if (value < 0x800) {
    to += static_cast<char>(0xC0U | value >> 6U);
    tail(0);
  } else if (value < 0x10000) {
    to += static_cast<char>(0xE0U | value >> 12U);
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0U | value >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

// Escapes of one character.
struct Escape {
  char name;
  char value;
};
constexpr std::array<Escape, 8> kEscapes{{{'a', '\a'},
                                          {'b', '\b'},
                                          {'f', '\f'},
                                          {'n', '\n'},
                                          {'r', '\r'},
                                          {'t', '\t'},
                                          {'v', '\v'},
                                          {'\\', '\\'}}};

// Escapes that give the number of a byte (x and octal) or of a code point.
struct NumericEscape {
  std::size_t digits;
  unsigned base;
  char32_t most;
};

NumericEscape NumericEscapeOf(char name) {
  switch (name) {
    case 'x':
      return {.digits = 2, .base = 16, .most = 0xFF};
    case 'u':
      return {.digits = 4, .base = 16, .most = 0x10FFFF};
    case 'U':
      return {.digits = 8, .base = 16, .most = 0x10FFFF};
    default:
      return {.digits = name >= '0' && name <= '7' ? 3U : 0U, .base = 8, .most = 0xFF};
  }
}

}  // namespace

char Lexer::Peek(std::size_t ahead) const {
  return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
}

bool Lexer::Accept(std::string_view set) {
  if (AtEnd() || set.find(text_[position_]) == std::string_view::npos) return false;
  ++position_;
  return true;
}

void Lexer::SkipBlanks() {
  while (!AtEnd()) {
    if (IsBlank(Peek())) {
      ++position_;
    } else if (Peek() == '#' && strictness_ == Strictness::kUsual) {
      position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
    } else {
      return;
    }
  }
}

Lexer::Read Lexer::Make(Token::Kind kind) {
  return Token{.kind = kind,
               .text = std::string(text_.substr(begin_, position_ - begin_)),
               .begin = begin_,
               .end = position_};
}

Lexer::Read Lexer::Refuse(std::string message, std::size_t at) {
  return tl::unexpected(ProblemAt(text_, at, Problem::Kind::kSyntax, std::move(message)));
}

tl::expected<Token, Problem> Lexer::Next() {
  SkipBlanks();
  begin_ = position_;
  if (AtEnd()) {
    if (where_ == Where::kBraces) return Refuse("the brace { is not closed", position_);
    if (where_ == Where::kBrackets) return Refuse("the bracket [ is not closed", position_);
    return Make(Token::Kind::kEnd);
  }
  if (where_ == Where::kBraces) return NextInBraces();
  return where_ == Where::kBrackets ? NextInBrackets() : NextOutside();
}

Lexer::Read Lexer::NextOutside() {
  const char c = Peek();
  if (IsLetter(c) || c == ':') return Word();
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration();
  if (c == '"' || c == '\'') return QuotedString();
  if (c == '`') return RawString();
  return Punctuation();
}

Lexer::Read Lexer::NextInBraces() {
  const char c = Peek();
  if (IsLetter(c)) return LabelName();
  if (c == '"' || c == '\'') return QuotedString();
  if (c == '`') return RawString();
  if (c == ',' || c == '}') return Punctuation();
  if (c != '=' && c != '!') return Refuse("unexpected " + Shown(c) + " inside braces", begin_);
  ++position_;
  if (Accept("~")) return Make(Token::Kind::kMatch);
  if (c == '=') return Make(Token::Kind::kMatch);
  if (!Accept("=")) return Refuse("unexpected character after \"!\" inside braces", begin_);
  return Make(Token::Kind::kOperator);
}

Lexer::Read Lexer::NextInBrackets() {
  const char c = Peek();
  if (c == '[') return Refuse("unexpected \"[\"", begin_);
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    if (strictness_ == Strictness::kStrict) colons_ = Colons::kAllowed;
    strictness_ = Strictness::kUsual;
    return NumberOrDuration();
  }
  if (IsLetter(c)) return Word();
  if (c == ':') {
    if (colons_ == Colons::kNotYet) return Refuse("there is no number before the colon", begin_);
    ++position_;
    return Make(Token::Kind::kPunctuation);
  }
  return Punctuation();
}

Lexer::Read Lexer::Punctuation() {
  const char c = text_[position_++];
  switch (c) {
    case '{':
      where_ = Where::kBraces;
      return Make(Token::Kind::kPunctuation);
    case '[':
      where_ = Where::kBrackets;
      strictness_ = Strictness::kStrict;
      return Make(Token::Kind::kPunctuation);
    case '}':
    case ']':
      if (where_ == Where::kOutside) break;
      where_ = Where::kOutside;
      strictness_ = Strictness::kUsual;
      return Make(Token::Kind::kPunctuation);
    case '(':
    case ')':
    case ',':
    case '@':
      return Make(Token::Kind::kPunctuation);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
      return Make(Token::Kind::kOperator);
    case '<':
    case '>':
      Accept("=/");
      return Make(Token::Kind::kOperator);
    case '=':
    case '!':
      if (Accept("=")) return Make(Token::Kind::kOperator);
      break;
    default:
      break;
  }
  return Refuse("unexpected " + Shown(c), begin_);
}

Lexer::Read Lexer::Word() {
  while (IsLetter(Peek()) || IsDigit(Peek()) || Peek() == ':') ++position_;
  const std::string_view word = text_.substr(begin_, position_ - begin_);
  if (word.find(':') != std::string_view::npos) return Make(Token::Kind::kColonWord);
  if (where_ == Where::kBrackets) return Make(Token::Kind::kWord);
  const std::string lower = LowerCase(word);
  return Make(lower == "inf" || lower == "nan" ? Token::Kind::kNumber : Token::Kind::kWord);
}

Lexer::Read Lexer::LabelName() {
  while (IsLetter(Peek()) || IsDigit(Peek())) ++position_;
  return Make(Token::Kind::kWord);
}

Lexer::Read Lexer::NumberOrDuration() {
  if (ScanNumber()) return Make(Token::Kind::kNumber);
  if (ScanUnits()) return Make(Token::Kind::kDuration);
  const std::string_view seen = text_.substr(begin_, position_ - begin_);
  return Refuse("bad number or duration " + Quote(seen), begin_);
}

bool Lexer::ScanNumber() {
  std::string_view digits = kDecimal;
  if (Accept("0") && Accept("xX")) {
    Accept("_");
    digits = kHexadecimal;
  }
  Accept(".");
  Accept(digits);
  return ScanNumberTail(digits) && !IsLetter(Peek()) && !IsDigit(Peek());
}

// Which of `.`, `_` and `e` may follow which. In hexadecimal numbers, e is a digit where it is the
// first one, and an exponent elsewhere: Prometheus does so as well.
bool Lexer::ScanNumberTail(std::string_view digits) {
  enum class Seen { kNo, kYes };
  Seen dot = Seen::kNo;
  Seen exponent = Seen::kNo;
  while (true) {
    if (Accept(".")) {
      if (dot == Seen::kYes || Accept("_.") || digits == kHexadecimal) return false;
      dot = Seen::kYes;
    } else if (Accept("eE")) {
      if (exponent == Seen::kYes) return false;
      exponent = Seen::kYes;
      Accept("+-");
      if (AtEnd() || Accept("._eE")) return false;
    } else if (Accept("_")) {
      if (AtEnd() || Accept("._eE")) return false;
    } else if (Accept(digits)) {
      while (Accept(digits)) continue;
    } else {
      return true;
    }
  }
}

bool Lexer::ScanUnits() {
  if (!Accept("smhdwy")) return false;
  Accept("s");
  while (Accept(kDecimal)) {
    while (Accept(kDecimal)) continue;
    if (!Accept("smhdw")) return false;
    Accept("s");
  }
  return !IsLetter(Peek()) && !IsDigit(Peek());
}

Lexer::Read Lexer::QuotedString() {
  const char quote = text_[position_++];
  Token token{.kind = Token::Kind::kString, .text = {}, .begin = begin_};
  while (!AtEnd() && Peek() != quote) {
    if (Peek() == '\n') break;
    if (Peek() == '\\') {
      if (auto done = AppendEscape(quote, token.text); !done) {
        return tl::unexpected(std::move(done.error()));
      }
      continue;
    }
    const std::optional<CodePoint> point = FirstCodePoint(text_.substr(position_));
    if (!point || point->value == kReplacement) return Refuse("invalid UTF-8", position_);
    token.text += text_.substr(position_, point->length);
    position_ += point->length;
  }
  if (Peek() != quote) return Refuse("the string is not closed", begin_);
  token.end = ++position_;
  return token;
}

Lexer::Read Lexer::RawString() {
  const std::size_t close = text_.find('`', ++position_);
  if (close == std::string_view::npos) return Refuse("the string is not closed", begin_);
  Token token{.kind = Token::Kind::kString,
              .text = std::string(text_.substr(position_, close - position_)),
              .begin = begin_,
              .end = close + 1};
  for (std::string_view rest = token.text; !rest.empty();) {
    const std::optional<CodePoint> point = FirstCodePoint(rest);
    if (!point || point->value == kReplacement) {
      return Refuse("invalid UTF-8", close - rest.size());
    }
    rest.remove_prefix(point->length);
  }
  position_ = token.end;
  return token;
}

// Reads one escape sequence. Bytes that are given by number need not be UTF-8.
tl::expected<void, Problem> Lexer::AppendEscape(char quote, std::string& value) {
  const std::size_t at = position_++;
  const auto refuse = [&](const char* why) {
    return tl::unexpected(ProblemAt(text_, at, Problem::Kind::kSyntax, why));
  };
  const char name = Peek();
  if (AtEnd()) return refuse("the escape sequence is not complete");
  const auto* simple = std::ranges::find(kEscapes, name, &Escape::name);
  if (simple != kEscapes.end() || name == quote) {
    value += name == quote ? quote : simple->value;
    ++position_;
    return {};
  }
  const NumericEscape numeric = NumericEscapeOf(name);
  if (numeric.digits == 0) return refuse("unknown escape sequence");
  if (numeric.base == 16) ++position_;
  char32_t code = 0;
  for (std::size_t i = 0; i < numeric.digits; ++i) {
    const std::size_t digit =
        kHexadecimal.substr(0, 16).find(LowerCase(text_.substr(position_, 1)));
    if (AtEnd() || digit >= numeric.base)
      return refuse("a digit of the escape sequence is missing");
    code = code * numeric.base + static_cast<char32_t>(digit);
    ++position_;
  }
  if (code > numeric.most || (code >= 0xD800 && code < 0xE000)) {
    return refuse("the escape sequence is no character");
  }
  if (numeric.most == 0xFF) {
    value += static_cast<char>(code);
  } else {
    AppendUtf8(code, value);
  }
  return {};
}

}  // namespace belvedere::config::promql

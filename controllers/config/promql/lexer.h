#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "controllers/config/promql/problem.h"

namespace belvedere::config::promql {

struct Token {
  enum class Kind {
    kEnd,
    kWord,        // an identifier or a keyword: which one depends on where it stands
    kColonWord,   // one with a colon, which only metrics have
    kNumber,      // also inf and nan
    kDuration,    // digits with units, not necessarily in order
    kString,      // `text` is its value
    kOperator,    // + - * / % ^ == != < <= > >= </ >/
    kMatch,       // = =~ !~; != is an operator
    kPunctuation  // ( ) [ ] { } , : @
  };

  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;

  bool Is(Kind wanted, std::string_view value) const { return kind == wanted && text == value; }
};

// Cuts a text into tokens one by one, as Prometheus 3 does: braces and brackets have rules of their
// own. White space and comments are skipped.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  tl::expected<Token, Problem> Next();

 private:
  using Read = tl::expected<Token, Problem>;

  enum class Where { kOutside, kBraces, kBrackets };

  char Peek(std::size_t ahead = 0) const;
  bool AtEnd() const { return position_ >= text_.size(); }
  bool Accept(std::string_view set);
  void SkipBlanks();
  Read Make(Token::Kind kind);
  Read Refuse(std::string message, std::size_t at);

  Read NextOutside();
  Read NextInBraces();
  Read NextInBrackets();
  Read Punctuation();
  Read Word();
  Read LabelName();
  Read NumberOrDuration();
  Read QuotedString();
  Read RawString();
  tl::expected<void, Problem> AppendEscape(char quote, std::string& value);
  bool ScanNumber();
  bool ScanNumberTail(std::string_view digits);
  bool ScanUnits();

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t begin_ = 0;  // of the token that is being read
  Where where_ = Where::kOutside;
  // After an opening bracket, up to the first number: not even comments may stand there.
  enum class Strictness { kUsual, kStrict } strictness_ = Strictness::kUsual;
  // Up to the first number in brackets, no colon may either; brackets after that are not so strict.
  enum class Colons { kNotYet, kAllowed } colons_ = Colons::kNotYet;
};

}  // namespace belvedere::config::promql

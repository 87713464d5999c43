#include "controllers/config/promql/cursor.h"

#include <utility>

#include "controllers/config/promql/literals.h"

namespace belvedere::config::promql {

using Kind = Token::Kind;

Cursor::Cursor(std::string_view text, int most_levels)
    : text_(text), lexer_(text), most_levels_(most_levels) {
  Advance();
}

void Cursor::Fail(Problem problem) {
  if (!problem_) problem_ = std::move(problem);
  token_ = {.kind = Kind::kEnd, .text = {}, .begin = text_.size(), .end = text_.size()};
}

void Cursor::Fail(std::size_t offset, Problem::Kind kind, std::string message) {
  Fail(ProblemAt(text_, offset, kind, std::move(message)));
}

void Cursor::Refuse(std::size_t offset, std::string message) {
  Fail(offset, Problem::Kind::kSyntax, std::move(message));
}

void Cursor::Unexpected(std::string_view wanted) {
  const std::string_view seen = text_.substr(token_.begin, token_.end - token_.begin);
  Refuse(token_.begin, "unexpected " + (token_.kind == Kind::kEnd ? "end" : Quote(seen)) +
                           ", expected " + std::string(wanted));
}

void Cursor::Experimental(const Token& token, std::string_view what) {
  Fail(token.begin, Problem::Kind::kExperimental,
       std::string(what) + " are experimental, and not enabled");
}

void Cursor::TooDeep() {
  Fail(token_.begin, Problem::Kind::kLimit, "the expression is nested too deeply");
}

void Cursor::Advance() {
  last_end_ = token_.end;
  if (problem_) return;
  tl::expected<Token, Problem> next = lexer_.Next();
  if (!next) return Fail(std::move(next.error()));
  token_ = std::move(*next);
}

Token Cursor::Take() {
  Token taken = token_;
  Advance();
  return taken;
}

bool Cursor::At(std::string_view punctuation) const {
  return token_.Is(Kind::kPunctuation, punctuation);
}

bool Cursor::AtSign() const {
  return token_.Is(Kind::kOperator, "+") || token_.Is(Kind::kOperator, "-");
}

bool Cursor::AtNumber() const {
  return token_.kind == Kind::kNumber || token_.kind == Kind::kDuration;
}

bool Cursor::AtWord(std::string_view word) const {
  return token_.kind == Kind::kWord && LowerCase(token_.text) == word;
}

const BinaryOperator* Cursor::AtBinary() const {
  if (token_.kind != Kind::kOperator && token_.kind != Kind::kWord) return nullptr;
  return FindOperator(token_.text);
}

bool Cursor::Accept(std::string_view punctuation) {
  if (!At(punctuation)) return false;
  Advance();
  return true;
}

bool Cursor::AcceptWord(std::string_view word) {
  if (!AtWord(word)) return false;
  Advance();
  return true;
}

void Cursor::Want(std::string_view punctuation) {
  if (!Accept(punctuation)) Unexpected(Quote(punctuation));
}

Sign Cursor::TakeSign() { return Take().text == "-" ? Sign::kMinus : Sign::kPlus; }

Number Cursor::TakeNumber() {
  const bool duration = token_.kind == Kind::kDuration;
  const std::optional<double> value =
      duration ? ParseSeconds(token_.text) : ParseNumber(token_.text);
  if (!value) Refuse(token_.begin, "bad number or duration " + Quote(token_.text));
  Advance();
  return {.value = value.value_or(1),
          .style = duration ? Number::Style::kDuration : Number::Style::kPlain};
}

}  // namespace belvedere::config::promql

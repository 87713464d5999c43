#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controllers/config/promql/ast.h"
#include "controllers/config/promql/lexer.h"

namespace belvedere::config::promql {

// The place in a text up to which it has been parsed. After the first problem every token is the
// end, so that all that is under way comes to an end as well; what it makes then is of no account.
class Cursor {
 public:
  Cursor(std::string_view text, int most_levels);

  const Token& token() const { return token_; }
  const std::optional<Problem>& problem() const { return problem_; }
  std::string_view text() const { return text_; }
  // Where the token before the current one ended.
  std::size_t last_end() const { return last_end_; }

  void Fail(std::size_t offset, Problem::Kind kind, std::string message);
  void Refuse(std::size_t offset, std::string message);
  void Unexpected(std::string_view wanted);
  void Experimental(const Token& token, std::string_view what);
  void TooDeep();

  void Advance();
  Token Take();
  bool At(std::string_view punctuation) const;
  bool AtSign() const;
  bool AtNumber() const;
  bool AtWord(std::string_view word) const;  // in any case
  // The operator that stands here, or null.
  const BinaryOperator* AtBinary() const;
  bool Accept(std::string_view punctuation);
  bool AcceptWord(std::string_view word);
  void Want(std::string_view punctuation);
  Sign TakeSign();
  // A number or a duration.
  Number TakeNumber();

  // Counts how deep calls are nested.
  class Level {
   public:
    explicit Level(Cursor& cursor) : cursor_(cursor) {
      if (++cursor_.levels_ > cursor_.most_levels_) cursor_.TooDeep();
    }
    ~Level() { --cursor_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Cursor& cursor_;
  };

 private:
  void Fail(Problem problem);

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;
  const int most_levels_;
  int levels_ = 0;
  std::optional<Problem> problem_;
};

}  // namespace belvedere::config::promql

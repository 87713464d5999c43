#pragma once

#include <random>
#include <string>

namespace belvedere::config::promql::testing {

// Texts that are expressions, or nearly so: a random walk through the grammar.
class RandomExpressions {
 public:
  explicit RandomExpressions(unsigned seed) : random_(seed) {}

  // Most are valid; a few have a part of the wrong type, or that does not exist.
  std::string Make();
  // `text` with some pieces taken out, put in, or moved.
  std::string Mutated(std::string text);
  // A regular expression, or nearly so.
  std::string Regex();

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }
  template <typename List>
  std::string OneOf(const List& list) {
    return std::string(list[Below(static_cast<unsigned>(std::size(list)))]);
  }
  std::string Blank();

  std::string Any(int depth);
  std::string Scalar(int depth);
  std::string Vector(int depth);
  std::string Matrix(int depth);
  std::string Text();

  std::string Number();
  std::string Duration();
  std::string DurationPart(int depth);
  std::string Selector();
  std::string Matcher();
  std::string When();
  std::string Labels();
  std::string Operation(int depth);
  std::string Aggregation(int depth);
  std::string Call(int depth, char returns);
  std::string Argument(int depth, char type);

  std::mt19937 random_;
};

}  // namespace belvedere::config::promql::testing

#include "operator/base/random.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

namespace belvedere {
namespace {

TEST(RandomText, IsLettersAndDigitsAndNeverTheSame) {
  std::set<std::string> all;
  std::set<char> characters;
  for (int i = 0; i < 1000; ++i) {
    const Result<std::string> text = RandomText(24);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), 24U);
    characters.insert(text->begin(), text->end());
    EXPECT_TRUE(all.insert(*text).second);
  }
  EXPECT_EQ(characters.size(), 62U);
  for (const char c : characters) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c))) << c;
}

}  // namespace
}  // namespace belvedere

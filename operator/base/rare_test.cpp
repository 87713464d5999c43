#include "operator/base/rare.h"

#include <gtest/gtest.h>

#include <string>

namespace belvedere {
namespace {

TEST(Rare, IsAbsentOrHasAValueOfItsOwn) {
  const Rare<std::string> none;
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(none.Get(), "");
  Rare<std::string> first = std::string("text");
  Rare<std::string> second = first;
  EXPECT_EQ(first, second);
  *second += "s";
  EXPECT_EQ(*first, "text");
  EXPECT_EQ(second.Get(), "texts");
  EXPECT_NE(first, second);
  EXPECT_NE(first, none);
  first = none;
  EXPECT_EQ(first, std::nullopt);
}

TEST(Rare, TakesTheRoomOfAPointer) { EXPECT_EQ(sizeof(Rare<std::string>), sizeof(void*)); }

}  // namespace
}  // namespace belvedere

#include "operator/base/memo.h"

#include <gtest/gtest.h>

namespace belvedere {
namespace {

TEST(Memo, MakesOnceOfEachKeyAndForgetsAllWhenThereAreTooMany) {
  const Memo<int> memo(2);
  int made = 0;
  const auto make = [&made] { return ++made; };
  EXPECT_EQ(*memo.Get("a", make), 1);
  EXPECT_EQ(*memo.Get("a", make), 1);
  const auto kept = memo.Get("b", make);
  EXPECT_EQ(*memo.Get("c", make), 3);
  EXPECT_EQ(*memo.Get("a", make), 4);
  EXPECT_EQ(*kept, 2);
}

}  // namespace
}  // namespace belvedere

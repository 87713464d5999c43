#include "operator/kube/uid.h"

#include <gtest/gtest.h>

#include <string>

namespace belvedere::kube {
namespace {

TEST(Uid, IsTheTextThatItWasMadeOf) {
  const std::string text = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
  EXPECT_EQ(Uid(text).str(), text);
  EXPECT_EQ(Uid(text), text);
  EXPECT_NE(Uid(text), Uid("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e50"));
  EXPECT_TRUE(Uid().empty());
  EXPECT_NE(Uid("a"), Uid("aa"));
}

TEST(Uid, IsNoneOfLongerText) { EXPECT_TRUE(Uid(std::string(37, 'a')).empty()); }

}  // namespace
}  // namespace belvedere::kube

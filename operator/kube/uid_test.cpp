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

TEST(Uid, KeepsShortTextAsItIs) {
  const std::string text = "uid-of-a-namespace01";
  ASSERT_EQ(text.size(), Uid::kShort);
  EXPECT_EQ(Uid(text).str(), text);
}

TEST(Uid, IsNoneOfOtherText) {
  EXPECT_TRUE(Uid(std::string(21, 'a')).empty());
  EXPECT_TRUE(Uid(std::string(36, 'a')).empty());
  EXPECT_TRUE(Uid(std::string(37, 'a')).empty());
  EXPECT_TRUE(Uid("0A1B2C3D-0A1B-0A1B-0A1B-0A1B2C3D4E5F").empty());
  EXPECT_TRUE(Uid("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5g").empty());
  EXPECT_TRUE(Uid("0a1b2c3d00a1b-0a1b-0a1b-0a1b2c3d4e5f").empty());
}

}  // namespace
}  // namespace belvedere::kube

#include "controllers/config/byte_size.h"

#include <gtest/gtest.h>

namespace belvedere::config {
namespace {

TEST(ByteSize, ReadsPowersOf1024) {
  EXPECT_EQ(ParseByteSize("1KB"), 1024);
  EXPECT_EQ(ParseByteSize("512MB"), 512LL << 20);
  EXPECT_EQ(ParseByteSize("45GB"), 45LL << 30);
  EXPECT_EQ(ParseByteSize("1024TB"), 1024LL << 40);
}

TEST(ByteSize, RefusesTheRestAndQuotesIt) {
  for (const char* text : {"", "GB", "-1GB", "1", "1B", "1GiB", "1gb", "1.5GB", " 1GB", "1GB ",
                           "1025TB", "99999999999999999999GB", "+1GB"}) {
    const Result<std::int64_t> size = ParseByteSize(text);
    ASSERT_FALSE(size.has_value()) << text;
    EXPECT_NE(size.error().message.find("\"" + std::string(text) + "\""), std::string::npos);
  }
}

TEST(ByteSize, IsWrittenWithoutLoss) {
  EXPECT_EQ(FormatByteSize(16LL << 30), "16GB");
  EXPECT_EQ(FormatByteSize(1536LL << 20), "1536MB");
  EXPECT_EQ(FormatByteSize((1LL << 30) + 1024), "1048577KB");
  EXPECT_EQ(FormatByteSize(2047), "1KB");
  EXPECT_EQ(FormatByteSize(5), "0KB");
  for (std::int64_t bytes = 1024; bytes < (1LL << 50); bytes = bytes * 3 + 1024) {
    const std::int64_t whole = bytes - bytes % 1024;
    EXPECT_EQ(ParseByteSize(FormatByteSize(bytes)), whole) << bytes;
  }
}

}  // namespace
}  // namespace belvedere::config

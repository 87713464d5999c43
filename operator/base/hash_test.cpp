#include "operator/base/hash.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <array>
#include <string>

namespace belvedere {
namespace {

TEST(HashTest, IsSha256OverLengthPrefixedParts) {
  // printf '\0\0\0\0\0\0\0\003abc' | sha256sum
  EXPECT_EQ(HashOf("abc"), "c3494ca1a2cf8eeb8a11ded316fb55b83c3bbbedb6313cd50415251e5d09e12f");
  // Nothing fed: the well-known digest of no bytes.
  EXPECT_EQ(ContentHash().Hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HashTest, ValueIsItsFirstDigits) {
  const std::string hex = ContentHash().Add("ab").Hex();
  EXPECT_EQ(ContentHash().Add("ab").Value(), std::stoull(hex.substr(0, 16), nullptr, 16));
}

TEST(HashTest, MovingAByteBetweenPartsChangesTheHash) {
  EXPECT_NE(ContentHash().Add("ab").Add("c").Hex(), ContentHash().Add("a").Add("bc").Hex());
  EXPECT_NE(ContentHash().Add("ab").Hex(), ContentHash().Add("ab").Add("").Hex());
}

TEST(HashTest, ManyPartsOfAnySizeHashAsTheirBytes) {
  std::string bytes;  // as fed: lengths and parts
  ContentHash hash;
  for (std::size_t size = 0; size < 1100; size += size < 40 ? 1 : 97) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    const std::string length{static_cast<char>(size >> 8), static_cast<char>(size)};
    bytes += std::string(6, '\0') + length + part;
    hash.Add(part);
  }
  std::array<unsigned char, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::uint64_t first = 0;
  for (int i = 0; i < 8; ++i) first = first << 8 | digest[i];
  EXPECT_EQ(hash.Value(), first);
}

TEST(HashTest, ShortHashIsTheStartOfTheHash) {
  EXPECT_EQ(ShortHash("abc").size(), 10U);
  EXPECT_EQ(HashOf("abc").substr(0, 10), ShortHash("abc"));
}

}  // namespace
}  // namespace belvedere

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belvedere {

// SHA-256 over a sequence of parts, each preceded by its length as 8 bytes big-endian, so that
// moving a byte from one part to the next changes the hash. One use: feed, then Hex() or Value().
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;

  ContentHash& Add(std::string_view part);
  // 64 lower-case hex digits.
  std::string Hex();
  // The first 64 bits as a number, most significant first.
  std::uint64_t Value();

 private:
  void Feed(std::string_view bytes);
  void Flush();
  std::array<unsigned char, 32> Finish();

  void* context_;  // EVP_MD_CTX, owned
  // Most parts are a few bytes, and a call of OpenSSL costs more than hashing them.
  std::array<char, 512> pending_;
  std::size_t pending_size_ = 0;
};

// The hash of one part.
std::string HashOf(std::string_view part);

// First 10 digits: for object names.
std::string ShortHash(std::string_view part);

}  // namespace belvedere

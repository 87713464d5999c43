#include "operator/base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

namespace belvedere {
namespace {

EVP_MD_CTX* Context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

// Looked up once: OpenSSL 3 searches its providers at each use of EVP_sha256().
const EVP_MD* Sha256() {
  static const EVP_MD* const kDigest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kDigest;
}

}  // namespace

ContentHash::ContentHash() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(Context(context_), Sha256(), nullptr);
}

ContentHash::~ContentHash() { EVP_MD_CTX_free(Context(context_)); }

ContentHash& ContentHash::Add(std::string_view part) {
  std::array<unsigned char, 8> length{};
  for (int i = 0; i < 8; ++i) {
    length[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(part.size()) >> (56 - 8 * i));
  }
  EVP_DigestUpdate(Context(context_), length.data(), length.size());
  EVP_DigestUpdate(Context(context_), part.data(), part.size());
  return *this;
}

std::string ContentHash::Hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(Context(context_), digest.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::string HashOf(std::string_view part) { return ContentHash().Add(part).Hex(); }

std::string ShortHash(std::string_view part) { return HashOf(part).substr(0, 10); }

}  // namespace belvedere

#include "operator/base/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

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
  std::array<char, 8> length{};
  for (int i = 0; i < 8; ++i) {
    length[i] = static_cast<char>(static_cast<std::uint64_t>(part.size()) >> (56 - 8 * i));
  }
  Feed({length.data(), length.size()});
  Feed(part);
  return *this;
}

void ContentHash::Feed(std::string_view bytes) {
  if (bytes.size() > pending_.size() - pending_size_) Flush();
  if (bytes.size() > pending_.size()) {
    EVP_DigestUpdate(Context(context_), bytes.data(), bytes.size());
    return;
  }
  std::copy(bytes.begin(), bytes.end(), pending_.begin() + pending_size_);
  pending_size_ += bytes.size();
}

void ContentHash::Flush() {
  EVP_DigestUpdate(Context(context_), pending_.data(), pending_size_);
  pending_size_ = 0;
}

std::array<unsigned char, 32> ContentHash::Finish() {
  Flush();
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(Context(context_), digest.data(), nullptr);
  return digest;
}

std::string ContentHash::Hex() {
  const auto digest = Finish();
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::uint64_t ContentHash::Value() {
  const auto digest = Finish();
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | digest[i];
  return value;
}

std::string HashOf(std::string_view part) { return ContentHash().Add(part).Hex(); }

std::string ShortHash(std::string_view part) { return HashOf(part).substr(0, 10); }

}  // namespace belvedere

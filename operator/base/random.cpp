#include "operator/base/random.h"

#include <openssl/rand.h>

#include <array>
#include <string_view>

namespace belvedere {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
// Bytes from here on would make the first characters of the alphabet likelier than the others.
constexpr unsigned kEven = 256 - 256 % kAlphabet.size();

}  // namespace

Result<std::string> RandomText(std::size_t length) {
  std::string text;
  std::array<unsigned char, 64> bytes{};
  while (text.size() < length) {
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
      return Fail(ErrorCode::kInternal, "OpenSSL has no random bytes");
    }
    for (const unsigned char byte : bytes) {
      if (byte < kEven && text.size() < length) text += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return text;
}

}  // namespace belvedere

#include "operator/base/random.h"

#include <openssl/rand.h>

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
  while (text.size() < length) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) return Fail(ErrorCode::kInternal, "OpenSSL has no random bytes");
    if (byte < kEven) text += kAlphabet[byte % kAlphabet.size()];
  }
  return text;
}

}  // namespace belvedere

#pragma once

namespace belvedere {

// How many cases a property test makes: fewer where sanitizers make each several times as dear, and
// find what they find in fewer.
constexpr int HowMany([[maybe_unused]] int usually, [[maybe_unused]] int sanitized) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return sanitized;
#else
  return usually;
#endif
}

}  // namespace belvedere

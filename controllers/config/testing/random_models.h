#pragma once

namespace belvedere::config {

// How many random models a property test of an encoder reads back. Sanitizers make each several
// times as slow, and find what they find in fewer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr unsigned kRandomModels = 10'000;
#else
inline constexpr unsigned kRandomModels = 100'000;
#endif

}  // namespace belvedere::config

#pragma once

#include "operator/base/testing/how_many.h"

namespace belvedere::config {

// How many random models a property test of an encoder reads back.
inline constexpr unsigned kRandomModels = HowMany(100'000, 10'000);

}  // namespace belvedere::config

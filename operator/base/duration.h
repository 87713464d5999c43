#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace belvedere {

// Durations as people write them in specs, flags and config files: whole numbers with units
// y w d h m s ms, each at most once, from large to small ("1h30m", "15d", "1w"); "0" needs no unit.
// A year is 365 days. At most about 292 years. Error: kInvalid.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The usual form of such a duration: years and weeks only where nothing is left over ("90d", not
// "12w6d"); "0s" for zero.
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace belvedere

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace belvedere::config {

// A size as Prometheus writes it, such as "45GB", in bytes: a whole number and one of KB, MB, GB,
// TB, which are powers of 1024 there. Error: kInvalid, also for more than 1024 TB.
Result<std::int64_t> ParseByteSize(std::string_view text);

// In the largest unit that needs no fraction; what is below one KB is dropped.
std::string FormatByteSize(std::int64_t bytes);

}  // namespace belvedere::config

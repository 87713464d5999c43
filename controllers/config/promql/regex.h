#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace belvedere::config::promql {

// What a regular expression says about the empty text.
enum class OnEmpty { kMatches, kDiffers };

// Checks a matcher's regular expression as Prometheus does: in RE2's syntax, by a copy of Go's
// regexp/syntax of some years ago (github.com/grafana/regexp). Error: why it is none.
tl::expected<OnEmpty, std::string> CheckRegex(std::string_view pattern);

}  // namespace belvedere::config::promql

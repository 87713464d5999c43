#pragma once

#include <string_view>

namespace belvedere::config::promql {

// Whether Prometheus' regular expressions know \p{name}: a category or a script of Unicode, exactly
// as Unicode spells it.
bool IsUnicodeName(std::string_view name);

}  // namespace belvedere::config::promql

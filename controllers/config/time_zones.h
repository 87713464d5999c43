#pragma once

#include <string_view>
#include <vector>

namespace belvedere::config {

// Whether there is a time zone of that name ("Asia/Seoul", "UTC"). Programs refuse their whole
// config if it names one that they do not know.
bool IsTimeZone(std::string_view name);
std::vector<std::string_view> TimeZones();

}  // namespace belvedere::config

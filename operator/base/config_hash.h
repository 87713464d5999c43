#pragma once

#include <map>
#include <string>
#include <string_view>

namespace belvedere {

// Files of a reload-class config as an operand sees them: "<mount>/<key>" to bytes, for instance
// "config/main.yml".
using ConfigFiles = std::map<std::string, std::string>;
// The same, where the bytes are kept elsewhere.
using ConfigFileViews = std::map<std::string, std::string_view>;
ConfigFileViews ViewsOf(const ConfigFiles& files);

// The one hash that the operator (wanted) and the agent in the pod (loaded) compare: SHA-256 over
// length-prefixed path and bytes of each file, in path order.
std::string ConfigHash(const ConfigFileViews& files);

}  // namespace belvedere

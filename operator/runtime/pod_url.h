#pragma once

#include <string>

namespace belvedere::runtime {

// http://ip:port, RFC 3986 for IPv6; empty: the pod has no address yet.
std::string PodUrl(const std::string& ip, int port);

}  // namespace belvedere::runtime

#include "operator/runtime/pod_url.h"

namespace belvedere::runtime {

std::string PodUrl(const std::string& ip, int port) {
  if (ip.empty()) return "";
  const bool is_v6 = ip.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

}  // namespace belvedere::runtime

// Whatever the names are, a path has the segments that were meant and no more.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "operator/kube/path.h"

namespace {

using namespace belvedere::kube;

constexpr ResourceType kClusterRole{"rbac.authorization.k8s.io/v1/ClusterRole/clusterroles",
                                    Scope::kCluster};

void Check(const ResourceRef& ref, std::string_view prefix) {
  const auto path = ObjectPath(ref, Subresource::kNone);
  if (!path) return;
  if (!path->starts_with(prefix)) std::abort();
  const std::string_view rest = std::string_view(*path).substr(prefix.size());
  const auto is_bad = [](char c) { return c <= ' ' || c >= 0x7f || c == '?' || c == '#'; };
  if (std::any_of(rest.begin(), rest.end(), is_bad)) std::abort();
  if (rest.find("..") != std::string_view::npos && ref.type == types::kConfigMap) std::abort();
  const auto slashes = std::count(rest.begin(), rest.end(), '/');
  if (slashes != (ref.type.scope() == Scope::kNamespaced ? 2 : 0)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t split = std::min(text.find('\0'), text.size());
  const std::string ns = text.substr(0, split);
  const std::string name = text.substr(std::min(split + 1, text.size()));
  Check({types::kConfigMap, {ns, name}}, "/api/v1/namespaces/");
  Check({kClusterRole, {"", text}}, "/apis/rbac.authorization.k8s.io/v1/clusterroles/");
  return 0;
}

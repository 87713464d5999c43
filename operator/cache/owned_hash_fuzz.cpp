#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "operator/cache/owned_hash.h"
#include "operator/cache/projection.h"

namespace {

using belvedere::Json;

// What is owned is part of what is there: every object member of `part` is in `whole`.
bool IsPart(const Json& part, const Json& whole) {
  if (part.is_array() && whole.is_array()) return part.size() <= whole.size();
  if (!part.is_object() || !whole.is_object()) return part.type() == whole.type();
  for (const auto& [name, value] : part.items()) {
    if (!whole.contains(name) || !IsPart(value, whole.at(name))) return false;
  }
  return true;
}

}  // namespace

// Any JSON document may come from the API server's side; none may crash or hang the decoders.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto object =
      belvedere::ParseJson(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!object.has_value()) return 0;
  const Json owned = belvedere::cache::OwnedFields(*object);
  if (!owned.is_null() && !IsPart(owned, *object)) std::abort();
  if (owned.is_null() != (belvedere::cache::OwnedHash(*object) == 0)) std::abort();
  if (belvedere::cache::IntentHash(*object) == 0) std::abort();
  const auto primary = belvedere::cache::DecodePrimary(*object);
  const auto pod = belvedere::cache::DecodePod(*object);
  for (const auto& type : {belvedere::kube::types::kConfigMap, belvedere::kube::types::kDaemonSet,
                           belvedere::kube::types::kStatefulSet}) {
    if (belvedere::cache::DecodeChild(type, *object).uid != primary.uid) std::abort();
  }
  return pod.uid == primary.uid ? 0 : -1;
}

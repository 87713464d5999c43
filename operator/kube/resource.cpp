#include "operator/kube/resource.h"

#include <charconv>

namespace belvedere::kube {
namespace {

// A string entry of a map such as metadata.labels; keys may hold '/', so no JSON pointer.
std::string EntryOf(const Json& object, const char* map_pointer, const std::string& name) {
  const Json& map = At(object, map_pointer);
  const auto found = map.is_object() ? map.find(name) : map.end();
  return found != map.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string ResourceType::ApiVersion() const {
  if (group().empty()) return std::string(version());
  return std::string(group()) + "/" + std::string(version());
}

std::string ToString(const ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + "/" + key.name;
}

std::string ToString(const ResourceRef& ref) {
  return std::string(ref.type.kind()) + " " + ToString(ref.key);
}

ObjectKey KeyOf(const Json& object) {
  return {StringAt(object, "/metadata/namespace"), StringAt(object, "/metadata/name")};
}

std::string UidOf(const Json& object) { return StringAt(object, "/metadata/uid"); }

std::uint64_t ResourceVersionOf(const Json& object) {
  const Json& text = At(object, "/metadata/resourceVersion");
  if (!text.is_string()) return 0;
  const auto& digits = text.get_ref<const std::string&>();
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, value);
  return error == std::errc() && parsed == end ? value : 0;
}

std::int64_t GenerationOf(const Json& object) { return IntAt(object, "/metadata/generation"); }

std::string ControllerUidOf(const Json& object) {
  const Json& owners = At(object, "/metadata/ownerReferences");
  if (!owners.is_array()) return {};
  for (const Json& owner : owners) {
    if (At(owner, "/controller") == Json(true)) return StringAt(owner, "/uid");
  }
  return {};
}

std::string LabelOf(const Json& object, const std::string& name) {
  return EntryOf(object, "/metadata/labels", name);
}

std::string AnnotationOf(const Json& object, const std::string& name) {
  return EntryOf(object, "/metadata/annotations", name);
}

}  // namespace belvedere::kube

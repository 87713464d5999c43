#include "operator/kube/path.h"

#include <algorithm>

namespace belvedere::kube {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

// ASCII only, whatever the locale.
bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsUnreserved(char c) {
  return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool IsLabel(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && IsLowerAlnum(text.front()) &&
         IsLowerAlnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

// Labels joined by dots; unlike a host name, each label may be as long as the whole.
bool IsSubdomain(std::string_view text) {
  if (text.size() > kMaxSubdomain) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot), kMaxSubdomain)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsPathSegment(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSubdomain && text != "." && text != ".." &&
         text.find_first_of("/%") == std::string_view::npos;
}

bool IsName(const ResourceType& type, std::string_view name) {
  if (type.group() == "rbac.authorization.k8s.io") return IsPathSegment(name);
  if (type == types::kNamespace) return IsLabel(name, kMaxLabel);
  return IsSubdomain(name);
}

// The bad value itself stays out of the message when it could garble a log line.
std::string Quoted(std::string_view text) {
  return "\"" + PercentEncode(text.substr(0, 64)) + "\"";
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4U];
    encoded += kHex[byte & 0xFU];
  }
  return encoded;
}

std::string WithQuery(std::string path, const Query& query) {
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    path += separator + PercentEncode(name) + "=" + PercentEncode(value);
    separator = '&';
  }
  return path;
}

std::string ApiRoot(const ResourceType& type) {
  return (type.group().empty() ? "/api/" : "/apis/") + type.ApiVersion();
}

Status CheckNamespace(std::string_view ns) {
  if (IsLabel(ns, kMaxLabel)) return {};
  return Fail(ErrorCode::kInvalid, "not a namespace name: " + Quoted(ns));
}

Status CheckName(const ResourceType& type, std::string_view name) {
  if (IsName(type, name)) return {};
  return Fail(ErrorCode::kInvalid,
              "not a name of a " + std::string(type.kind()) + ": " + Quoted(name));
}

Result<std::string> CollectionPath(const ResourceType& type, std::string_view ns) {
  std::string path = ApiRoot(type);
  if (!ns.empty()) {
    if (type.scope() == Scope::kCluster) {
      return Fail(ErrorCode::kInvalid, std::string(type.kind()) + " has no namespace");
    }
    if (Status checked = CheckNamespace(ns); !checked) return Fail(checked.error());
    path.append("/namespaces/").append(ns);
  }
  return path.append("/").append(type.plural());
}

Result<std::string> ObjectPath(const ResourceRef& ref, Subresource subresource) {
  if (ref.type.scope() == Scope::kNamespaced && ref.key.ns.empty()) {
    return Fail(ErrorCode::kInvalid, std::string(ref.type.kind()) + " needs a namespace");
  }
  if (Status checked = CheckName(ref.type, ref.key.name); !checked) return Fail(checked.error());
  Result<std::string> path = CollectionPath(ref.type, ref.key.ns);
  if (!path) return path;
  path->append("/").append(PercentEncode(ref.key.name));
  if (subresource == Subresource::kStatus) path->append("/status");
  return path;
}

}  // namespace belvedere::kube

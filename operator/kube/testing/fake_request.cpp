#include "operator/kube/testing/fake_request.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace belvedere::kube {
namespace {

int HexDigit(char c) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::size_t found = kDigits.find(c);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

std::string Decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                         HexDigit(text[i + 2]) >= 0;
    if (!escaped) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::map<std::string, std::string> ParseQuery(std::string_view text) {
  std::map<std::string, std::string> query;
  for (const std::string_view pair : Split(text, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    query[Decode(pair.substr(0, equals))] = Decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return query;
}

std::string HeaderOf(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    const bool same = std::equal(key.begin(), key.end(), name.begin(), name.end(),
                                 [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    if (same) return value;
  }
  return {};
}

std::string VerbOf(const http::Request& request, const ApiRequest& parsed) {
  switch (request.method) {
    case http::Method::kGet:
      if (!parsed.key.name.empty()) return "get";
      return parsed.Param("watch").empty() ? "list" : "watch";
    case http::Method::kPost:
      return "create";
    case http::Method::kPut:
      return "update";
    case http::Method::kPatch:
      return HeaderOf(request, "Content-Type") == "application/apply-patch+yaml" ? "apply"
                                                                                 : "patch";
    case http::Method::kDelete:
      return "delete";
  }
  return {};
}

// Fills type and key from the path; false where it leads to no kind.
bool ParsePath(const std::vector<std::string_view>& parts, const std::set<ResourceType>& types,
               ApiRequest& parsed) {
  const bool is_core = parts[0] == "api";
  std::size_t at = is_core ? 2 : 3;
  if (parts.size() <= at) return false;
  const std::string_view group = is_core ? "" : parts[1];
  const std::string_view version = parts[at - 1];
  const bool in_namespace =
      parts[at] == "namespaces" && parts.size() > at + 2 && parts[at + 2] != "status";
  if (in_namespace) {
    parsed.key.ns = Decode(parts[at + 1]);
    at += 2;
  }
  const auto found = std::find_if(types.begin(), types.end(), [&](const ResourceType& type) {
    return type.group() == group && type.version() == version && type.plural() == parts[at];
  });
  if (found == types.end()) return false;
  parsed.type = *found;
  if (parts.size() > at + 1) parsed.key.name = Decode(parts[at + 1]);
  if (parts.size() > at + 2) {
    if (parts[at + 2] != "status") return false;
    parsed.subresource = Subresource::kStatus;
  }
  return parts.size() <= at + 3;
}

bool IsDiscovery(const std::vector<std::string_view>& parts) {
  return !parts.empty() &&
         ((parts[0] == "api" && parts.size() == 2) || (parts[0] == "apis" && parts.size() == 3));
}

}  // namespace

std::string ApiRequest::Param(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

std::optional<ApiRequest> ParseApiRequest(const http::Request& request,
                                          const std::set<ResourceType>& types) {
  ApiRequest parsed;
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::vector<std::string_view> parts = Split(target.substr(0, mark), '/');
  parsed.path = Decode(target.substr(0, mark));
  parsed.query = ParseQuery(target.substr(std::min(mark + 1, target.size())));
  if (!request.body.empty()) {
    Result<Json> body = ParseJson(request.body);
    if (!body) return std::nullopt;
    parsed.body = std::move(*body);
  }
  if (HeaderOf(request, "Accept").find("as=PartialObjectMetadata") != std::string::npos) {
    parsed.projection = Projection::kMetadata;
  }
  if (IsDiscovery(parts)) {
    parsed.verb = "discover";
    return parsed;
  }
  const bool is_api = !parts.empty() && (parts[0] == "api" || parts[0] == "apis");
  if (!is_api) {
    parsed.verb = "raw";
    return parsed;
  }
  if (!ParsePath(parts, types, parsed)) return std::nullopt;
  parsed.verb = VerbOf(request, parsed);
  return parsed;
}

Json Project(const Json& object, Projection projection) {
  if (projection == Projection::kFull) return object;
  return {{"apiVersion", "meta.k8s.io/v1"},
          {"kind", "PartialObjectMetadata"},
          {"metadata", At(object, "/metadata")}};
}

}  // namespace belvedere::kube

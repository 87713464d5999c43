#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/result.h"
#include "operator/kube/resource.h"

// Request targets of the Kubernetes API. Every name that goes into one is checked first, so that no
// value from a custom resource can reach another path than the one meant.
namespace belvedere::kube {

enum class Subresource { kNone, kStatus };

using Query = std::vector<std::pair<std::string, std::string>>;

// Letters, digits and "-._~" stay; every other byte becomes %XX.
std::string PercentEncode(std::string_view text);

// `path` and the non-empty pairs of `query`, encoded.
std::string WithQuery(std::string path, const Query& query);

// "/api/v1" or "/apis/<group>/<version>".
std::string ApiRoot(const ResourceType& type);

// Names as the API server takes them: DNS-1123 labels and subdomains; RBAC names may be any one
// path segment. Error: kInvalid.
Status CheckNamespace(std::string_view ns);
Status CheckName(const ResourceType& type, std::string_view name);

// The collection: of one namespace, or of all where `ns` is empty. Error: kInvalid.
Result<std::string> CollectionPath(const ResourceType& type, std::string_view ns);

// One object; the namespace must be there exactly when the type is namespaced. Error: kInvalid.
Result<std::string> ObjectPath(const ResourceRef& ref, Subresource subresource);

}  // namespace belvedere::kube

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "operator/base/json.h"
#include "operator/http/transport.h"
#include "operator/kube/client.h"
#include "operator/kube/path.h"
#include "operator/kube/resource.h"

namespace belvedere::kube {

// A request to the fake API server, taken apart.
struct ApiRequest {
  std::string verb;  // get list watch create update patch apply delete discover raw
  ResourceType type;
  ObjectKey key;  // of a collection: no name
  Subresource subresource = Subresource::kNone;
  Projection projection = Projection::kFull;
  std::string path;  // decoded, without the query
  std::map<std::string, std::string> query;
  Json body;

  std::string Param(const std::string& name) const;
};

// Nothing where the path leads to none of `types`, or the body is not JSON.
std::optional<ApiRequest> ParseApiRequest(const http::Request& request,
                                          const std::set<ResourceType>& types);

// `object` as the request wants to see it: whole, or as PartialObjectMetadata.
Json Project(const Json& object, Projection projection);

}  // namespace belvedere::kube

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/http/transport.h"

namespace belvedere::kube {

// What the API server said no with.
struct Refusal {
  Error error;
  std::string plural;               // details.kind, for instance "configmaps"; may be empty
  std::string name;                 // details.name; may be empty
  std::vector<std::string> fields;  // details.causes[].field, for instance "metadata.uid"

  bool Names(std::string_view field) const;
  // Whether the refusal says to be about this object, or says nothing about it.
  bool IsAbout(std::string_view object_plural, std::string_view object_name) const;
};

// Reads a response of any status but 2xx. The body should be a metav1.Status; whatever else it is
// (a proxy's page, nothing), the HTTP status decides.
Refusal ReadRefusal(const http::Response& response);

// Reads a metav1.Status, as in the ERROR event of a watch. `http_status` stands in for a missing
// code.
Refusal ReadStatus(const Json& status, int http_status);

}  // namespace belvedere::kube

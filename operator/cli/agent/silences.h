#pragma once

#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/json.h"

// Silences as version 2 of Alertmanager's API has them: those that the config asks for, against
// those that are there.
namespace belvedere::agent {

// What has to be done. Silences that are not ours are in neither list: ours are those whose
// `createdBy` begins with "belvedere: ".
struct SilenceChanges {
  std::vector<Json> post;           // with the `id` of the one that it takes the place of, if any
  std::vector<std::string> expire;  // by id
};

// `wanted` are silences to post, without ids; those that are over ask for nothing. `live` is what
// the API lists.
SilenceChanges CompareSilences(const Json& wanted, const Json& live, WallTime now);

}  // namespace belvedere::agent

#pragma once

#include <functional>
#include <set>
#include <string>

#include "controllers/config/field_reader.h"
#include "controllers/config/receivers.h"

namespace belvedere::config::receivers {

// A Secret's key, as custom resources name it.
struct SecretRef {
  std::string name;
  std::string key;

  auto operator<=>(const SecretRef&) const = default;
};

// The path at which a secret is mounted.
using PathOf = std::function<std::string(const SecretRef&)>;
// That in the pods of an Alertmanager. Adds the name of each Secret to `secrets`, which must
// outlive it.
PathOf MountedIn(std::set<std::string>& secrets);

// What `object` says under the names of the table (`slack: {channel: …}`): one integration for each
// kind that is there, in the order of the table. Notes what ToConfig() would refuse, and leaves it
// out. `path_of` is called for each secret that is named, so that it also tells which to mount.
std::vector<Integration> Read(FieldReader& object, const PathOf& path_of);

// Names of the kinds that are there, right or wrong.
std::vector<std::string> KindsIn(FieldReader& object);

}  // namespace belvedere::config::receivers

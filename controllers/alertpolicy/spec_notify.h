#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/config/routing.h"

// Who hears of a policy's alerts, and when.
namespace belvedere::alertpolicy {

std::optional<config::routing::Hours> ReadBusinessHours(config::FieldReader& spec);

// Namespaces. Receivers of a policy's own need both to be the same: Alertmanager can mount no
// Secret of another.
struct Homes {
  const std::string& policy;
  const std::string& stack;
};
// Adds the names of Secrets that receivers need to `secrets`.
std::vector<config::routing::Target> ReadNotify(config::FieldReader& spec, const Homes& homes,
                                                std::set<std::string>& secrets);

}  // namespace belvedere::alertpolicy

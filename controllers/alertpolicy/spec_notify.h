#pragma once

#include <optional>
#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/config/routing.h"

// Who hears of a policy's alerts, and when.
namespace belvedere::alertpolicy {

std::optional<config::routing::Hours> ReadBusinessHours(config::FieldReader& spec);
std::vector<config::routing::Target> ReadNotify(config::FieldReader& spec);

}  // namespace belvedere::alertpolicy

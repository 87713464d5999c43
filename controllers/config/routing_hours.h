#pragma once

#include <string>

#include "controllers/config/routing.h"

namespace belvedere::config::routing {

// Error: kInvalid, naming the field.
Status Check(const Hours& hours);

// Of hours that Check() accepts: a time interval of Alertmanager.
Json TimeInterval(const std::string& name, const Hours& hours);

}  // namespace belvedere::config::routing

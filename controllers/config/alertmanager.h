#pragma once

#include <chrono>

#include "operator/base/json.h"

namespace belvedere::config {

// The config file of a stack's Alertmanager: alerts are grouped, shown and inhibited, and notified
// to nobody, since a stack has no receivers yet.
Json AlertmanagerConfig(std::chrono::milliseconds group_wait);

}  // namespace belvedere::config

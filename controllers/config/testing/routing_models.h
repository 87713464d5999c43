#pragma once

#include <random>
#include <string>

#include "controllers/config/routing.h"

// Models of routing for tests.
namespace belvedere::config::routing::testing {

receivers::Integration Slack(const std::string& channel);
receivers::Integration Webhook(const std::string& file);
Policy PolicyOf(const std::string& ns, const std::string& name);

// Two policies in two namespaces, and one more; a fallback and a watchdog.
Model Shop();

// Every kind with every field that it may have; of those that exclude each other, the one of that
// number.
receivers::Integration Complete(const receivers::Kind& kind, std::size_t choice);

// Whatever may be written down, sensible or not.
receivers::Integration RandomIntegration(std::mt19937& random);
Model RandomModel(std::mt19937& random);

}  // namespace belvedere::config::routing::testing

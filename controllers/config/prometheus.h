#pragma once

#include <string>
#include <vector>

#include "controllers/monitoringstack/spec.h"
#include "operator/base/json.h"

namespace belvedere::config {

// The config file of a stack's Prometheus, complete. It is the same for all replicas: each reads
// its own name from the environment variable POD_NAME. Everything in it, retention included, is
// taken over on reload. `rule_files` are path patterns.
Json PrometheusConfig(const std::string& stack_ns, const std::string& stack_name,
                      const monitoringstack::Spec& spec,
                      const std::vector<std::string>& rule_files);

}  // namespace belvedere::config

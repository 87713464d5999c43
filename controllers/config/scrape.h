#pragma once

#include <string>

#include "controllers/monitoringstack/spec.h"
#include "operator/base/json.h"

namespace belvedere::config {

// The scrape configs of a stack, one list. Every target has the label `layer`: node, container,
// application or kubernetes. Jobs of the node and kubernetes layers name a node by `node`; their
// `instance` does not change with a pod's address.
Json ScrapeConfigs(const std::string& stack_ns, const std::string& stack_name,
                   const monitoringstack::Spec& spec);

// Discovery of the stack's own pods; shared by scraping and alerting.
Json OwnPodsDiscovery(const std::string& stack_ns, const std::string& stack_name);

}  // namespace belvedere::config

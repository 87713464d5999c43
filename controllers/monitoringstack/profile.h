#pragma once

#include <chrono>
#include <string_view>

#include "controllers/monitoringstack/spec.h"

namespace belvedere::monitoringstack {

// What an operand asks of the scheduler. Quantities in canonical form.
struct Requests {
  std::string_view cpu;
  std::string_view memory;
};

// What a profile decides where the spec says nothing. Operands have requests and no limits: a
// memory limit that is too small turns a busy hour into a restart loop (the write-ahead log is
// replayed within the same limit), and only the owner of the cluster knows the right one.
struct ProfileDefaults {
  int metrics_replicas;
  Requests metrics;
  std::string_view metrics_volume;  // empty: emptyDir
  std::chrono::hours retention;
  std::chrono::seconds scrape_interval;
  int alerting_replicas;
  Requests alerting;
  std::string_view alerting_volume;  // empty: emptyDir
  Requests objects;                  // kube-state-metrics
  Requests nodes;                    // node-exporter
  Requests logs;
  std::string_view logs_volume;  // empty: emptyDir
  int logs_retention_days;
  int logs_replicas;  // where there is object storage
  Requests dashboards;
};

const ProfileDefaults& DefaultsOf(Profile profile);

}  // namespace belvedere::monitoringstack

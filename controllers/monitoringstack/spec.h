#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/config/receivers.h"
#include "controllers/config/selector.h"
#include "operator/base/json.h"
#include "operator/base/quantity.h"
#include "operator/base/result.h"

// The spec of a MonitoringStack, typed, with every default filled in. Nothing in it is raw JSON.
namespace belvedere::monitoringstack {

enum class ManagementState { kManaged, kPaused };
enum class Profile { kDemo, kSmall, kMedium, kLarge };
enum class State { kEnabled, kDisabled };
// kAuto: used where it can be found, and its absence is no fault. kEnabled: absence is a fault.
enum class AutoState { kAuto, kEnabled, kDisabled };

std::string_view ToString(Profile profile);

struct Resources {
  std::map<std::string, Quantity> requests;
  std::map<std::string, Quantity> limits;
};

struct Toleration {
  std::string key;
  std::string op;
  std::string value;
  std::string effect;
  std::optional<std::int64_t> seconds;
};

struct Placement {
  std::map<std::string, std::string> node_selector;
  std::vector<Toleration> tolerations;
};

struct Storage {
  std::optional<Quantity> size;  // none: emptyDir
  std::string class_name;        // empty: the cluster's default
};

struct Cluster {
  std::string name;
  std::string region;
  std::string environment;
};

struct Targets {
  State nodes = State::kEnabled;
  State containers = State::kEnabled;
  State annotations = State::kEnabled;
  config::LabelSelector application_namespaces;
  State objects = State::kEnabled;
  std::vector<std::string> label_allowlist;  // kube-state-metrics' own syntax, one resource each
  AutoState control_plane = AutoState::kAuto;
};

// Of each scrape of an application; 0: no limit.
struct Limits {
  std::int64_t samples = 0;
  std::int64_t labels = 0;
  std::int64_t targets = 0;
};

struct Metrics {
  int replicas = 1;
  std::chrono::milliseconds scrape_interval{};
  std::chrono::milliseconds retention_time{};
  std::optional<std::int64_t> retention_size;  // bytes; none: no limit
  Storage storage;
  Limits limits;
  std::chrono::milliseconds out_of_order_window{0};
  Resources resources;
  Placement placement;
  std::string image;  // empty: the table's
};

// Somebody whom alerts can be sent to.
struct Receiver {
  std::string name;
  // Of policies that may name it; empty: all.
  std::vector<std::string> allowed_namespaces;
  config::receivers::Integration integration;
};

struct Alerting {
  int replicas = 1;
  Storage storage;
  Resources resources;
  Placement placement;
  std::string image;  // empty: the table's
  std::chrono::milliseconds group_wait{};
  std::vector<Receiver> receivers;
  std::set<std::string> receiver_secrets;  // names of those that the receivers need
  std::optional<std::string> fallback;     // the receiver of what no policy routes; none: nobody
  std::optional<std::string> watchdog;     // the receiver of the alert that always fires
};

enum class LogStore { kNone, kLoki };

// Of each tenant.
struct LogLimits {
  int ingestion_rate_mb = 0;  // MB a second
  int max_streams = 0;
};

struct Logs {
  LogStore store = LogStore::kNone;
  int retention_days = 1;
  int replicas = 1;
  Storage storage;
  std::string object_storage;  // name of the Secret that says where; empty: the volume
  LogLimits limits;
  Resources resources;
  Placement placement;
  std::string image;  // empty: the table's
};

struct Dashboards {
  State state = State::kEnabled;
  int replicas = 1;
  std::string admin_secret;  // name, with keys username and password; empty: one is generated
  // The one label and its value that ConfigMaps with dashboards of the user carry; none: no such.
  std::optional<std::pair<std::string, std::string>> own_label;
  Storage storage;
  Resources resources;
  Placement placement;
  std::string image;  // empty: the table's
};

// Which AlertPolicies the stack takes.
struct Policies {
  // Of namespaces other than the stack's; none: no other.
  std::optional<config::LabelSelector> namespaces;
};

struct Spec {
  ManagementState management = ManagementState::kManaged;
  Profile profile = Profile::kSmall;
  Cluster cluster;
  std::map<std::string, std::string> external_labels;
  Targets targets;
  Metrics metrics;
  Alerting alerting;
  Logs logs;
  Dashboards dashboards;
  Policies policies;
  State network_policies = State::kEnabled;
};

// Reads .spec and fills in what the profile decides. Error: kInvalid, whose message names the path
// of every wrong field and what to write instead.
Result<Spec> ParseSpec(const Json& spec);

}  // namespace belvedere::monitoringstack

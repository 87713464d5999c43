#include "controllers/monitoringstack/spec.h"

#include <algorithm>
#include <array>
#include <regex>

#include "controllers/config/byte_size.h"
#include "controllers/config/field_reader.h"
#include "controllers/config/receiver_reader.h"
#include "controllers/config/routing.h"
#include "controllers/monitoringstack/profile.h"
#include "operator/base/duration.h"

namespace belvedere::monitoringstack {
namespace {

using config::FieldReader;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kNoTime{0};
constexpr hours kYear{24 * 365};
constexpr std::int64_t kMaxLimit = 10'000'000;
constexpr std::size_t kMaxImage = 512;
constexpr std::size_t kLongestReceiverName = 63;
// Prometheus needs room for the write-ahead log and for one compaction besides the blocks.
constexpr int kRetentionPercentOfVolume = 80;

State ReadState(FieldReader& reader) {
  return reader.Choice<State>(
      "state", {{"Enabled", State::kEnabled}, {"Disabled", State::kDisabled}}, State::kEnabled);
}

// The `state` of the object `key`, which holds nothing else.
State ReadToggle(FieldReader& parent, const std::string& key) {
  FieldReader reader = parent.Child(key);
  const State state = ReadState(reader);
  reader.RejectOthers();
  return state;
}

bool Matches(const std::string& text, const std::regex& pattern) {
  return std::regex_match(text, pattern);
}

// Label values and names that end up in configuration; `$` would be expanded by Prometheus.
const std::regex& LabelValuePattern() {
  static const std::regex kPattern("[A-Za-z0-9]([-A-Za-z0-9_./: ]*[A-Za-z0-9])?");
  return kPattern;
}

const std::regex& LabelNamePattern() {
  static const std::regex kPattern("[a-zA-Z_][a-zA-Z0-9_]*");
  return kPattern;
}

const std::regex& AllowlistPattern() {
  static const std::regex kPattern(
      "[a-z]+=\\[(\\*|[A-Za-z0-9][-A-Za-z0-9_./]*(,[A-Za-z0-9][-A-Za-z0-9_./]*)*)\\]");
  return kPattern;
}

const std::regex& ImagePattern() {
  static const std::regex kPattern(
      "[a-z0-9][-a-zA-Z0-9._]*(:[0-9]+)?(/[a-z0-9][-a-z0-9._]*)*(:[A-Za-z0-9_][-A-Za-z0-9_.]*)?"
      "(@sha256:[0-9a-f]{64})?");
  return kPattern;
}

std::string ReadLabelValue(FieldReader& reader, const std::string& key) {
  const std::string text = reader.Text(key, 128).value_or("");
  if (!text.empty() && !Matches(text, LabelValuePattern())) {
    reader.Note(
        key,
        "\"" + text + "\" must be letters, digits and -_./: with a letter or digit at both ends");
  }
  return text;
}

Cluster ReadCluster(FieldReader reader) {
  Cluster cluster{.name = ReadLabelValue(reader, "name"),
                  .region = ReadLabelValue(reader, "region"),
                  .environment = ReadLabelValue(reader, "environment")};
  reader.RejectOthers();
  return cluster;
}

std::map<std::string, std::string> ReadExternalLabels(FieldReader& parent) {
  static constexpr std::array<std::string_view, 4> kOurs{"cluster", "region", "environment",
                                                         "prometheus_replica"};
  std::map<std::string, std::string> labels = parent.Map("externalLabels");
  FieldReader reader = parent.Child("externalLabels");
  for (const auto& [name, value] : labels) {
    if (!Matches(name, LabelNamePattern()) || name.starts_with("__")) {
      reader.Note(name, "is not a label name (letters, digits and _, no leading digit or __)");
    }
    if (std::ranges::find(kOurs, name) != kOurs.end()) {
      reader.Note(name, "is set by Belvedere; use spec.cluster for cluster, region, environment");
    }
    if (!Matches(value, LabelValuePattern())) {
      reader.Note(name,
                  "\"" + value +
                      "\" must be letters, digits and -_./: with a letter or digit at both ends");
    }
  }
  return labels;
}

void ReadObjects(FieldReader reader, Targets& targets) {
  targets.objects = ReadState(reader);
  targets.label_allowlist = reader.Texts("labelAllowlist");
  for (const std::string& entry : targets.label_allowlist) {
    if (!Matches(entry, AllowlistPattern())) {
      reader.Note("labelAllowlist",
                  "\"" + entry + "\" must look like pods=[app.kubernetes.io/name,team]");
    }
  }
  reader.RejectOthers();
}

Targets ReadTargets(FieldReader reader) {
  Targets targets;
  targets.nodes = ReadToggle(reader, "nodes");
  targets.containers = ReadToggle(reader, "containers");
  FieldReader applications = reader.Child("applications");
  targets.annotations = ReadToggle(applications, "annotations");
  targets.application_namespaces = config::ReadSelector(applications.Child("namespaceSelector"));
  applications.RejectOthers();
  FieldReader kubernetes = reader.Child("kubernetes");
  ReadObjects(kubernetes.Child("objects"), targets);
  FieldReader control_plane = kubernetes.Child("controlPlane");
  targets.control_plane = control_plane.Choice<AutoState>("state",
                                                          {{"Auto", AutoState::kAuto},
                                                           {"Enabled", AutoState::kEnabled},
                                                           {"Disabled", AutoState::kDisabled}},
                                                          AutoState::kAuto);
  control_plane.RejectOthers();
  kubernetes.RejectOthers();
  reader.RejectOthers();
  return targets;
}

// Only what the CRD knows; other resources need a device plugin or a storage limit of their own.
void RejectOtherResources(FieldReader& reader, const std::string& key,
                          const std::map<std::string, Quantity>& quantities) {
  for (const auto& [name, quantity] : quantities) {
    if (name != "cpu" && name != "memory") reader.Note(key + "." + name, "must be cpu or memory");
  }
}

Resources ReadResources(FieldReader reader, const Requests& defaults) {
  Resources resources{.requests = reader.Quantities("requests"),
                      .limits = reader.Quantities("limits")};
  RejectOtherResources(reader, "requests", resources.requests);
  RejectOtherResources(reader, "limits", resources.limits);
  const std::array<std::pair<std::string, std::string_view>, 2> wanted{
      {{"cpu", defaults.cpu}, {"memory", defaults.memory}}};
  for (const auto& [name, text] : wanted) {
    Quantity request = Quantity::Parse(text).value();
    const auto limit = resources.limits.find(name);
    // A default must not collide with the limit that the spec sets.
    if (limit != resources.limits.end() && limit->second < request) {
      request = limit->second;
    }
    resources.requests.try_emplace(name, request);
  }
  for (const auto& [name, limit] : resources.limits) {
    const auto request = resources.requests.find(name);
    if (request != resources.requests.end() && request->second > limit) {
      reader.Note("requests." + name, "is more than limits." + name);
    }
  }
  reader.RejectOthers();
  return resources;
}

Toleration ReadToleration(FieldReader& reader) {
  Toleration toleration;
  toleration.key = reader.Text("key", 316).value_or("");
  toleration.op = reader.Text("operator", 16).value_or("");
  toleration.value = reader.Text("value", 63).value_or("");
  toleration.effect = reader.Text("effect", 32).value_or("");
  toleration.seconds = reader.Integer("tolerationSeconds", 0, INT32_MAX);
  static constexpr std::array<std::string_view, 3> kOperators{"", "Exists", "Equal"};
  static constexpr std::array<std::string_view, 4> kEffects{"", "NoSchedule", "PreferNoSchedule",
                                                            "NoExecute"};
  if (std::ranges::find(kOperators, toleration.op) == kOperators.end()) {
    reader.Note("operator", "must be Exists or Equal");
  }
  if (std::ranges::find(kEffects, toleration.effect) == kEffects.end()) {
    reader.Note("effect", "must be NoSchedule, PreferNoSchedule or NoExecute");
  }
  if (toleration.key.empty() && toleration.op != "Exists") {
    reader.Note("operator", "must be Exists where key is left out");
  }
  if (toleration.op == "Exists" && !toleration.value.empty()) {
    reader.Note("value", "must be left out with operator Exists");
  }
  if (toleration.seconds && toleration.effect != "NoExecute") {
    reader.Note("tolerationSeconds", "needs effect NoExecute");
  }
  reader.RejectOthers();
  return toleration;
}

Placement ReadPlacement(FieldReader reader) {
  Placement placement{.node_selector = reader.Map("nodeSelector")};
  for (FieldReader& item : reader.Items("tolerations")) {
    placement.tolerations.push_back(ReadToleration(item));
  }
  reader.RejectOthers();
  return placement;
}

Storage ReadStorage(FieldReader reader, std::string_view default_size) {
  Storage storage;
  storage.size = reader.ReadQuantity("size");
  storage.class_name = reader.Text("storageClassName", 253).value_or("");
  if (!storage.size && !default_size.empty()) {
    storage.size = Quantity::Parse(default_size).value();
  }
  if (!storage.size && !storage.class_name.empty()) {
    reader.Note("storageClassName", "needs size: there is no volume by itself");
  }
  reader.RejectOthers();
  return storage;
}

std::string ReadImage(FieldReader& reader) {
  std::string image = reader.Text("image", kMaxImage).value_or("");
  if (!image.empty() && !Matches(image, ImagePattern())) {
    reader.Note(
        "image",
        "\"" + image + "\" is not an image reference such as registry.example/team/name:v1.2.3");
  }
  return image;
}

void ReadRetention(FieldReader reader, const ProfileDefaults& defaults, Metrics& metrics) {
  metrics.retention_time =
      reader.Duration("time", hours(2), kYear * 100).value_or(defaults.retention);
  metrics.retention_size = reader.ByteSize("size");
  if (metrics.storage.size) {
    const std::int64_t volume = metrics.storage.size->Value();
    if (!metrics.retention_size) {
      metrics.retention_size = volume / 100 * kRetentionPercentOfVolume;
    } else if (*metrics.retention_size >= volume) {
      reader.Note("size",
                  config::FormatByteSize(*metrics.retention_size) +
                      " must be smaller than the volume (spec.metrics.storage.size, here " +
                      metrics.storage.size->Canonical() +
                      "): Prometheus needs room for its write-ahead log; 80 % is a good value");
    }
  }
  reader.RejectOthers();
}

Limits ReadLimits(FieldReader reader) {
  Limits limits{.samples = reader.Integer("sampleLimit", 0, kMaxLimit).value_or(0),
                .labels = reader.Integer("labelLimit", 0, 1000).value_or(0),
                .targets = reader.Integer("targetLimit", 0, kMaxLimit).value_or(0)};
  reader.RejectOthers();
  return limits;
}

Metrics ReadMetrics(FieldReader reader, const ProfileDefaults& defaults) {
  Metrics metrics;
  metrics.replicas =
      static_cast<int>(reader.Integer("replicas", 1, 10).value_or(defaults.metrics_replicas));
  metrics.scrape_interval =
      reader.Duration("scrapeInterval", seconds(5), hours(1)).value_or(defaults.scrape_interval);
  metrics.storage = ReadStorage(reader.Child("storage"), defaults.metrics_volume);
  ReadRetention(reader.Child("retention"), defaults, metrics);
  metrics.limits = ReadLimits(reader.Child("limits"));
  metrics.out_of_order_window =
      reader.Duration("outOfOrderWindow", kNoTime, hours(24 * 7)).value_or(kNoTime);
  metrics.resources = ReadResources(reader.Child("resources"), defaults.metrics);
  metrics.placement = ReadPlacement(reader.Child("placement"));
  metrics.image = ReadImage(reader);
  reader.RejectOthers();
  return metrics;
}

std::optional<std::string> ReadReceiverName(FieldReader& reader, const std::string& key,
                                            const std::vector<Receiver>& receivers) {
  std::optional<std::string> name = reader.Text(key, kLongestReceiverName);
  if (name && std::ranges::find(receivers, *name, &Receiver::name) == receivers.end()) {
    reader.Note(key, "\"" + *name + "\" is not the name of one of receivers");
  }
  return name;
}

void ReadReceivers(FieldReader& reader, Alerting& alerting) {
  std::set<std::string> names;
  for (FieldReader& item : reader.Items("receivers")) {
    Receiver receiver{.name = item.Text("name", kLongestReceiverName).value_or(""),
                      .allowed_namespaces = item.Texts("allowedNamespaces"),
                      .integration = {}};
    if (!names.insert(receiver.name).second) item.Note("name", "is the name of another receiver");
    auto ways =
        config::receivers::Read(item, config::receivers::MountedIn(alerting.receiver_secrets));
    item.RejectOthers();
    if (config::receivers::KindsIn(item).size() != 1) {
      item.Note("", "must notify in exactly one way, for instance by slack or webhook");
    }
    if (ways.size() != 1) continue;
    receiver.integration = std::move(ways.front());
    const Status named = config::routing::Check(
        config::routing::Receiver{.name = receiver.name, .integrations = {receiver.integration}});
    if (!named) item.Note("", named.error().message);
    alerting.receivers.push_back(std::move(receiver));
  }
}

Alerting ReadAlerting(FieldReader reader, const ProfileDefaults& defaults) {
  Alerting alerting;
  alerting.replicas =
      static_cast<int>(reader.Integer("replicas", 1, 9).value_or(defaults.alerting_replicas));
  alerting.storage = ReadStorage(reader.Child("storage"), defaults.alerting_volume);
  alerting.resources = ReadResources(reader.Child("resources"), defaults.alerting);
  alerting.placement = ReadPlacement(reader.Child("placement"));
  alerting.image = ReadImage(reader);
  alerting.group_wait = reader.Duration("groupWait", kNoTime, hours(1)).value_or(seconds(30));
  ReadReceivers(reader, alerting);
  alerting.fallback = ReadReceiverName(reader, "fallbackReceiver", alerting.receivers);
  alerting.watchdog = ReadReceiverName(reader, "watchdogReceiver", alerting.receivers);
  reader.RejectOthers();
  return alerting;
}

LogLimits ReadLogLimits(FieldReader reader) {
  const auto or_default = [&reader](const std::string& key, std::int64_t most, int fallback) {
    return static_cast<int>(reader.Integer(key, 1, most).value_or(fallback));
  };
  LogLimits limits{.ingestion_rate_mb = or_default("ingestionRateMB", 10'000, 8),
                   .max_streams = or_default("maxStreams", kMaxLimit, 10'000)};
  reader.RejectOthers();
  return limits;
}

// A name of letters, digits, - and ., or nothing where it is not given.
std::string ReadName(FieldReader& reader, const std::string& key, const std::string& what) {
  static const std::regex kName("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
  const std::string name = reader.Text(key, 253).value_or("");
  if (reader.Has(key) && !Matches(name, kName)) reader.Note(key, "must be the name of " + what);
  return name;
}

// The `name` of a Secret that the object `key` refers to; empty: there is no such object.
std::string ReadSecretRef(FieldReader& parent, const std::string& key) {
  const bool given = parent.Has(key);
  FieldReader reader = parent.Child(key);
  std::string name = ReadName(reader, "name", "a Secret in the stack's namespace");
  if (given && !reader.Has("name")) {
    reader.Note("name", "must be the name of a Secret in the stack's namespace");
  }
  reader.RejectOthers();
  return name;
}

Logs ReadLogs(FieldReader reader, LogStore fallback, const ProfileDefaults& defaults) {
  Logs logs;
  logs.store = reader.Choice<LogStore>(
      "store", {{"Loki", LogStore::kLoki}, {"None", LogStore::kNone}}, fallback);
  logs.retention_days = static_cast<int>(
      reader.Integer("retentionDays", 1, 3650).value_or(defaults.logs_retention_days));
  const bool given = reader.Has("objectStorageRef");
  logs.object_storage = ReadSecretRef(reader, "objectStorageRef");
  const int replicas = given ? defaults.logs_replicas : 1;
  logs.replicas = static_cast<int>(reader.Integer("replicas", 1, 10).value_or(replicas));
  if (logs.replicas > 1 && !given) {
    reader.Note("replicas", "must be 1 without objectStorageRef: replicas share their store");
  }
  logs.storage = ReadStorage(reader.Child("storage"), defaults.logs_volume);
  logs.limits = ReadLogLimits(reader.Child("limits"));
  logs.resources = ReadResources(reader.Child("resources"), defaults.logs);
  logs.placement = ReadPlacement(reader.Child("placement"));
  logs.image = ReadImage(reader);
  reader.RejectOthers();
  return logs;
}

// Which ConfigMaps hold dashboards of the user.
std::pair<std::string, std::string> ReadOwnLabel(FieldReader reader) {
  const config::LabelSelector selector = config::ReadSelector(reader);
  const bool one = selector.match_labels.size() == 1 && selector.match_expressions.empty() &&
                   !selector.match_labels.begin()->second.empty();
  if (!one) {
    reader.Note("matchLabels",
                "must be one label with a value: the reader in the pod knows no more");
    return {};
  }
  return *selector.match_labels.begin();
}

Dashboards ReadDashboards(FieldReader reader, const ProfileDefaults& defaults) {
  Dashboards dashboards;
  dashboards.state = ReadState(reader);
  // Sessions and what people save are in a database of each replica's own.
  dashboards.replicas = static_cast<int>(reader.Integer("replicas", 1, 1).value_or(1));
  dashboards.admin_secret = ReadSecretRef(reader, "adminRef");
  if (reader.Has("selector")) dashboards.own_label = ReadOwnLabel(reader.Child("selector"));
  dashboards.storage = ReadStorage(reader.Child("storage"), "");
  dashboards.resources = ReadResources(reader.Child("resources"), defaults.dashboards);
  dashboards.placement = ReadPlacement(reader.Child("placement"));
  dashboards.image = ReadImage(reader);
  reader.RejectOthers();
  return dashboards;
}

Policies ReadPolicies(FieldReader reader) {
  Policies policies;
  const bool given = reader.Has("namespaceSelector");
  config::LabelSelector selector = config::ReadSelector(reader.Child("namespaceSelector"));
  if (given) policies.namespaces = std::move(selector);
  reader.RejectOthers();
  return policies;
}

}  // namespace

std::string_view ToString(Profile profile) {
  switch (profile) {
    case Profile::kDemo:
      return "Demo";
    case Profile::kSmall:
      return "Small";
    case Profile::kMedium:
      return "Medium";
    case Profile::kLarge:
      return "Large";
  }
  return "";
}

Result<Spec> ParseSpec(const Json& json) {
  FieldReader::Problems problems;
  FieldReader reader(json, "spec", problems);
  Spec spec;
  spec.management = reader.Choice<ManagementState>(
      "managementState",
      {{"Managed", ManagementState::kManaged}, {"Paused", ManagementState::kPaused}},
      ManagementState::kManaged);
  spec.profile = reader.Choice<Profile>("profile",
                                        {{"Demo", Profile::kDemo},
                                         {"Small", Profile::kSmall},
                                         {"Medium", Profile::kMedium},
                                         {"Large", Profile::kLarge}},
                                        Profile::kSmall);
  const ProfileDefaults& defaults = DefaultsOf(spec.profile);
  spec.cluster = ReadCluster(reader.Child("cluster"));
  spec.external_labels = ReadExternalLabels(reader);
  spec.targets = ReadTargets(reader.Child("targets"));
  spec.metrics = ReadMetrics(reader.Child("metrics"), defaults);
  spec.alerting = ReadAlerting(reader.Child("alerting"), defaults);
  const LogStore store = reader.Has("logs") ? LogStore::kLoki : LogStore::kNone;
  spec.logs = ReadLogs(reader.Child("logs"), store, defaults);
  spec.dashboards = ReadDashboards(reader.Child("dashboards"), defaults);
  spec.policies = ReadPolicies(reader.Child("policies"));
  spec.network_policies = ReadToggle(reader, "networkPolicies");
  reader.RejectOthers();
  if (!problems.empty()) return Fail(ErrorCode::kInvalid, config::Join(problems));
  return spec;
}

}  // namespace belvedere::monitoringstack

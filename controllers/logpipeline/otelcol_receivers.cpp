#include "controllers/logpipeline/otelcol_receivers.h"

#include <algorithm>
#include <set>

#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/logpipeline/otelcol_filters.h"

namespace belvedere::logpipeline::otelcol {
namespace {

using config::otelcol::OttlString;

constexpr const char* kPodLogs = "/var/log/pods/";
constexpr const char* kControlPlane[] = {"kube-apiserver", "kube-scheduler",
                                         "kube-controller-manager", "etcd"};
constexpr const char* kFilePath = "attributes[\"log.file.path\"]";
constexpr const char* kLabelAttribute = "k8s.pod.label.";

// Lines that go on with the record before them, where a language breaks its traces into lines.
constexpr const char* kIndented = R"(^[ \t])";
struct Continuation {
  Multiline language;
  const char* regex;
};
constexpr Continuation kContinuations[] = {
    {Multiline::kJava, R"(^(Caused by|Suppressed): )"},
    {Multiline::kGo, R"(^$|^goroutine \d+ \[|^created by |^\[signal |^[\w./*()-]+\(.*\)$)"},
    {Multiline::kPython, R"(^[\w.]+(Error|Exception|Exit|Interrupt|Warning)(:|$))"},
};

Json InputOf(const Pipeline& pipeline, const char* input) {
  return {{kInputAttribute, input}, {kPipelineAttribute, pipeline.ns + "." + pipeline.name}};
}

Json Retries(Refused refused) {
  if (refused == Refused::kCounted) return {{"enabled", false}};
  return {{"enabled", true}, {"max_interval", "10s"}, {"max_elapsed_time", "0s"}};
}

// Files that are read from where the last run ended, also after they have got another name.
struct Files {
  const char* input;  // of the spec
  const char* suffix = "";
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  Json operators = Json::array();
};

Component FileLog(const Pipeline& pipeline, Refused refused, Files files) {
  const std::string id = PartId(pipeline, std::string(files.input) + files.suffix);
  // A file that was compressed has been read under its former name.
  files.exclude.insert(files.exclude.end(), {"/var/log/**/*.gz", "/var/log/**/*.tmp"});
  Json settings = {{"include", files.include},
                   {"exclude", files.exclude},
                   {"start_at", "beginning"},
                   {"include_file_path", true},
                   {"include_file_name", false},
                   {"max_log_size", "1MiB"},
                   {"storage", kStorage},
                   {"retry_on_failure", Retries(refused)},
                   {"resource", InputOf(pipeline, files.input)},
                   {"operators", std::move(files.operators)}};
  settings["operators"].push_back({{"type", "remove"}, {"field", kFilePath}});
  return {.type = "file_log", .id = id, .settings = std::move(settings)};
}

// <namespace>_<pod>_<uid>/<container>/<restarts>.log, and with a date once it is rotated. No name
// holds an underscore.
void AddPodFiles(const std::string& pods, std::vector<std::string>& to) {
  to.push_back(kPodLogs + pods + "/*/*.log");
  to.push_back(kPodLogs + pods + "/*/*.log.*");
}

std::vector<std::string> PodFilesOf(const std::vector<std::string>& namespaces) {
  std::vector<std::string> files;
  for (const std::string& ns : namespaces) AddPodFiles(ns + "_*", files);
  return files;
}

// Joins the lines that a language has broken a trace into.
Json Recombine(const std::vector<Multiline>& languages) {
  std::string any = kIndented;
  for (const Continuation& rule : kContinuations) {
    if (std::ranges::find(languages, rule.language) == languages.end()) continue;
    any += "|" + std::string(rule.regex);
  }
  return {{"type", "recombine"},
          {"combine_field", "body"},
          {"is_first_entry", "not (body matches " + OttlString(any) + ")"},
          {"source_identifier", kFilePath},
          {"force_flush_period", "2s"},
          {"max_log_size", "1MiB"}};
}

// What the runtime writes: its prefix (Kubernetes, "CRI logging"), or of an old Docker, JSON.
constexpr const char* kRuntimeLine =
    "^(?P<time>[^ ]+) (?P<stream>stdout|stderr) (?P<logtag>[^ ]*) ?(?P<log>.*)$";
constexpr const char* kPodFile =
    "/(?P<namespace>[^_/]+)_(?P<pod>[^_/]+)_(?P<uid>[^_/]+)/(?P<container>[^/]+)/"
    "(?P<restarts>[0-9]+)[.]log([.][0-9-]+)?$";

Json Move(const std::string& from, const std::string& to) {
  return {{"type", "move"}, {"from", from}, {"to", to}};
}

Json RuntimeTime() {
  return {{"parse_from", "attributes.time"},
          {"layout_type", "gotime"},
          {"layout", "2006-01-02T15:04:05.999999999Z07:00"}};
}

// Where the file says that it is from.
void AddOrigin(Json& operators) {
  constexpr std::pair<const char*, const char*> kOrigins[] = {
      {"namespace", "k8s.namespace.name"},
      {"pod", "k8s.pod.name"},
      {"uid", "k8s.pod.uid"},
      {"container", "k8s.container.name"},
      {"restarts", "k8s.container.restart_count"}};
  operators.push_back({{"type", "regex_parser"},
                       {"parse_from", kFilePath},
                       {"regex", kPodFile},
                       {"cache", {{"size", 256}}}});
  for (const auto& [group, attribute] : kOrigins) {
    operators.push_back(
        Move("attributes." + std::string(group), "resource[\"" + std::string(attribute) + "\"]"));
  }
}

// The runtime's prefix, and lines that the runtime itself has broken. The collector's own operator
// for both hands over in the background, after the line has counted as read.
Json ContainerOperators(const std::vector<Multiline>& languages) {
  Json operators = Json::array();
  operators.push_back({{"type", "regex_parser"},
                       {"if", "not (body startsWith '{')"},
                       {"regex", kRuntimeLine},
                       {"timestamp", RuntimeTime()}});
  operators.push_back(
      {{"type", "json_parser"}, {"if", "body startsWith '{'"}, {"timestamp", RuntimeTime()}});
  operators.push_back(
      {{"type", "remove"}, {"field", "attributes.time"}, {"if", "'time' in attributes"}});
  operators.push_back(Move("attributes.log", "body"));
  operators.push_back(Move("attributes.stream", "attributes[\"log.iostream\"]"));
  AddOrigin(operators);
  operators.push_back({{"type", "recombine"},
                       {"if", "'logtag' in attributes"},
                       {"combine_field", "body"},
                       {"combine_with", ""},
                       {"is_last_entry", "attributes.logtag == 'F'"},
                       {"source_identifier", kFilePath},
                       {"max_batch_size", 0},
                       {"max_unmatched_batch_size", 0},
                       {"max_log_size", "1MiB"}});
  if (!languages.empty()) operators.push_back(Recombine(languages));
  operators.push_back(
      {{"type", "remove"}, {"field", "attributes.logtag"}, {"if", "'logtag' in attributes"}});
  return operators;
}

Component ContainerFiles(const Pipeline& pipeline, const Containers& containers, Refused refused) {
  Files files{.input = "containers", .operators = ContainerOperators(containers.multiline)};
  files.include = PodFilesOf(containers.namespaces);
  if (containers.namespaces.empty()) AddPodFiles("*", files.include);
  files.exclude = PodFilesOf(containers.excluded);
  files.exclude.push_back(std::string(kPodLogs) + "*/" + kContainerName + "/*");
  return FileLog(pipeline, refused, std::move(files));
}

// Asks the API server for labels of the node's pods.
Component PodLabels(const Pipeline& pipeline, const std::set<std::string>& keys) {
  Json labels = Json::array();
  for (const std::string& key : keys) {
    labels.push_back({{"tag_name", kLabelAttribute + key}, {"key", key}, {"from", "pod"}});
  }
  Json sources = Json::array();
  for (const char* name : {"k8s.namespace.name", "k8s.pod.name"}) {
    sources.push_back({{"from", "resource_attribute"}, {"name", name}});
  }
  Json settings = {{"auth_type", "serviceAccount"},
                   {"filter", {{"node_from_env_var", kNodeNameVariable}}},
                   {"extract", {{"metadata", {"k8s.pod.name"}}, {"labels", std::move(labels)}}},
                   {"pod_association", Json::array({{{"sources", std::move(sources)}}})},
                   // Else the first records after a start would be those of pods without labels.
                   {"wait_for_metadata", true},
                   {"wait_for_metadata_timeout", "30s"}};
  return {.type = kPodProcessor, .id = pipeline.id, .settings = std::move(settings)};
}

std::string LabelPath(const std::string& key) {
  return "resource.attributes[" + OttlString(kLabelAttribute + key) + "]";
}

// When a pod does not have what the selector asks for.
std::vector<std::string> Misfits(const config::LabelSelector& selector) {
  using Operator = config::LabelRequirement::Operator;
  std::vector<std::string> misfits;
  for (const auto& [key, value] : selector.match_labels) {
    misfits.push_back(LabelPath(key) + " != " + OttlString(value));
  }
  for (const config::LabelRequirement& rule : selector.match_expressions) {
    const std::string path = LabelPath(rule.key);
    std::string any;
    for (const std::string& value : rule.values) {
      any += (any.empty() ? "" : " or ") + path + " == " + OttlString(value);
    }
    switch (rule.op) {
      case Operator::kIn:
        misfits.push_back("not (" + any + ")");
        break;
      case Operator::kNotIn:
        misfits.push_back(any);
        break;
      case Operator::kExists:
        misfits.push_back(path + " == nil");
        break;
      case Operator::kDoesNotExist:
        misfits.push_back(path + " != nil");
        break;
    }
  }
  return misfits;
}

std::string OfInput(const char* input, const std::string& condition) {
  return "resource.attributes[" + OttlString(kInputAttribute) + "] == " + OttlString(input) +
         " and (" + condition + ")";
}

std::set<std::string> KeysOf(const config::LabelSelector& selector) {
  std::set<std::string> keys;
  for (const auto& [key, value] : selector.match_labels) keys.insert(key);
  for (const config::LabelRequirement& rule : selector.match_expressions) keys.insert(rule.key);
  return keys;
}

// Keeps the pods that are selected, and of their labels those that are wanted.
void AddSelection(const Pipeline& pipeline, const Containers& containers, Input& input) {
  const std::set<std::string> wanted(containers.labels.begin(), containers.labels.end());
  std::set<std::string> keys = KeysOf(containers.selector);
  keys.insert(wanted.begin(), wanted.end());
  if (keys.empty()) return;
  input.processors.push_back(PodLabels(pipeline, keys));
  std::vector<std::string> conditions;
  for (const std::string& misfit : Misfits(containers.selector)) {
    conditions.push_back(OfInput("containers", misfit));
  }
  if (!conditions.empty()) {
    input.processors.push_back(DropWhere(pipeline.id + "-selector", std::move(conditions)));
  }
  std::vector<std::string> unwanted;
  for (const std::string& key : keys) {
    if (wanted.contains(key)) continue;
    unwanted.push_back("delete_key(resource.attributes, " + OttlString(kLabelAttribute + key) +
                       ")");
  }
  if (!unwanted.empty()) {
    input.processors.push_back(Transform(pipeline.id + "-labels", std::move(unwanted)));
  }
}

void AddControlPlane(const Pipeline& pipeline, Refused refused, Input& input) {
  if (pipeline.control_plane == Wanted::kNo) return;
  Files files{.input = "controlplane"};
  Files pods{.input = "controlplane", .suffix = "-pods", .operators = ContainerOperators({})};
  for (const char* program : kControlPlane) {
    files.include.push_back("/var/log/" + std::string(program) + ".log");
    AddPodFiles("kube-system_" + std::string(program) + "-*", pods.include);
  }
  input.receivers.push_back(FileLog(pipeline, refused, std::move(files)));
  input.receivers.push_back(FileLog(pipeline, refused, std::move(pods)));
}

std::string GlobRegex(const std::string& glob) {
  std::string regex = RegexOf(glob);
  for (std::size_t at = 0; (at = regex.find("\\*", at)) != std::string::npos;) {
    regex.replace(at, 2, ".*");
  }
  return regex;
}

void AddAudit(const Pipeline& pipeline, Refused refused, Input& input) {
  if (!pipeline.audit) return;
  Json parser = {{"type", "json_parser"},
                 {"parse_from", "body"},
                 {"parse_to", "body"},
                 {"timestamp",
                  {{"parse_from", "body.requestReceivedTimestamp"},
                   {"layout_type", "gotime"},
                   {"layout", "2006-01-02T15:04:05.000000Z07:00"}}}};
  Files files{.input = "audit", .include = pipeline.audit->paths};
  files.operators.push_back(std::move(parser));
  input.receivers.push_back(FileLog(pipeline, refused, std::move(files)));
  std::vector<std::string> conditions;
  for (const std::string& verb : pipeline.audit->dropped_verbs) {
    conditions.push_back(OfInput("audit", "log.body[\"verb\"] == " + OttlString(verb)));
  }
  for (const std::string& user : pipeline.audit->dropped_users) {
    const std::string regex = OttlString(GlobRegex(user));
    conditions.push_back(
        OfInput("audit", "IsMatch(log.body[\"user\"][\"username\"], " + regex + ")"));
  }
  if (conditions.empty()) return;
  input.processors.push_back(DropWhere(pipeline.id + "-audit", std::move(conditions)));
}

}  // namespace

Result<Input> NodeInput(const Pipeline& pipeline, Refused refused) {
  if (!pipeline.units.empty()) {
    return Fail(ErrorCode::kInvalid,
                "spec.inputs.nodes.units: the collector reads the journal by journalctl, which its "
                "image does not have; use agent FluentBit");
  }
  Input input;
  if (pipeline.containers) {
    input.receivers.push_back(ContainerFiles(pipeline, *pipeline.containers, refused));
    AddSelection(pipeline, *pipeline.containers, input);
  }
  AddControlPlane(pipeline, refused, input);
  AddAudit(pipeline, refused, input);
  return input;
}

Input GatewayInput(const Pipeline& pipeline) {
  Json grpc = {{"endpoint", "0.0.0.0:" + std::to_string(kOtlpPort)}, {"max_recv_msg_size_mib", 16}};
  // Records come from the node agents, which NetworkPolicies alone let in.
  return {.receivers = {{.type = "otlp",
                         .id = PartId(pipeline, kGatewayPart),
                         .settings = {{"protocols", {{"grpc", std::move(grpc)}}}}}}};
}

Input EventInput(const Pipeline& pipeline) {
  Json events = {{"name", "events"}, {"mode", "watch"}, {"exclude_watch_type", {"DELETED"}}};
  Component receiver{.type = kEventReceiver,
                     .id = PartId(pipeline, "events"),
                     .settings = {{"auth_type", "serviceAccount"},
                                  {"storage", kStorage},
                                  {"objects", Json::array({std::move(events)})}}};
  const auto set = [](const char* key, const std::string& value) {
    return "set(resource.attributes[" + OttlString(key) + "], " + OttlString(value) + ")";
  };
  return {.receivers = {std::move(receiver)},
          .processors = {
              Transform(pipeline.id + "-events",
                        {set(kInputAttribute, "events"),
                         set(kPipelineAttribute, pipeline.ns + "." + pipeline.name),
                         R"(set(log.body, log.body["object"]) where IsMap(log.body["object"]))",
                         R"(delete_key(log.body["metadata"], "managedFields"))",
                         R"(set(log.body["log"], log.body["message"]))"})}};
}

}  // namespace belvedere::logpipeline::otelcol

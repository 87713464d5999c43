#include "controllers/logpipeline/fluentbit_config.h"

#include <algorithm>

#include "controllers/logpipeline/check_models.h"
#include "controllers/logpipeline/fluentbit_filters.h"
#include "controllers/logpipeline/fluentbit_lua.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

using config::fluentbit::Property;
using config::fluentbit::Set;
using config::fluentbit::SetList;
using config::fluentbit::Toggle;

constexpr const char* kContainerLogs = "/var/log/containers/";
constexpr const char* kControlPlane[] = {"kube-apiserver", "kube-scheduler",
                                         "kube-controller-manager", "etcd"};
constexpr const char* kAuditParser = "belvedere-audit";

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ",") + part;
  return joined;
}

std::string NameOf(const Pipeline& pipeline) { return pipeline.ns + "." + pipeline.name; }

std::string TagOf(const Pipeline& pipeline, const char* source) {
  return pipeline.id + "." + source;
}

std::string StateFile(const Pipeline& pipeline, const char* source) {
  return std::string(kStateDir) + "/db/" + TagOf(pipeline, source) + ".db";
}

std::vector<Property> Service(std::int64_t dead_letter_bytes) {
  std::vector<Property> service = {
      Set("flush", 1), Set("grace", 15), Set("log_level", "info"), Set("http_server", Toggle::kOn),
      Set("http_listen", "0.0.0.0"), Set("http_port", kHttpPort), Set("health_check", Toggle::kOn),
      Set("hot_reload", Toggle::kOn),
      // With it, a reload waits for ever for an output that does not answer.
      Set("hot_reload.ensure_thread_safety", Toggle::kOff),
      Set("storage.path", std::string(kStateDir) + "/chunks"), Set("storage.sync", "normal"),
      Set("storage.checksum", Toggle::kOn), Set("storage.max_chunks_up", 128),
      Set("storage.backlog.mem_limit", "16M"), Set("storage.metrics", Toggle::kOn),
      Set("storage.delete_irrecoverable_chunks", Toggle::kOn), Set("scheduler.base", 5),
      Set("scheduler.cap", 2000)};
  if (dead_letter_bytes > 0) {
    service.push_back(Set("storage.keep.rejected", Toggle::kOn));
    service.push_back(Set("storage.rejected.path", "rejected"));
    service.push_back(Set("storage.rejected.limit", std::to_string(dead_letter_bytes)));
  }
  return service;
}

// A tail whose records survive a restart, and whose long lines cost no file.
Section Tail(const Pipeline& pipeline, const char* source, const std::string& path) {
  return {.name = "tail",
          .properties = {Set("alias", NameOf(pipeline) + "." + source),
                         Set("tag", TagOf(pipeline, source) + ".*"), Set("path", path),
                         Set("db", StateFile(pipeline, source)),
                         Set("db.compare_filename", Toggle::kOn), Set("storage.type", "filesystem"),
                         Set("storage.pause_on_chunks_overlimit", Toggle::kOff),
                         Set("buffer_chunk_size", "256k"), Set("buffer_max_size", "10M"),
                         Set("skip_long_lines", Toggle::kOn), Set("read_from_head", Toggle::kOn),
                         Set("refresh_interval", 10), Set("rotate_wait", 30)}};
}

// Files are named <pod>_<namespace>_<container>-<id>.log, and no name holds an underscore.
std::string FilesOf(const std::vector<std::string>& namespaces) {
  std::vector<std::string> paths;
  paths.reserve(namespaces.size());
  for (const std::string& ns : namespaces) paths.push_back(kContainerLogs + ("*_" + ns) + "_*.log");
  return Join(paths);
}

Section ContainersInput(const Pipeline& pipeline, const Containers& containers) {
  const std::string path = containers.namespaces.empty() ? std::string(kContainerLogs) + "*.log"
                                                         : FilesOf(containers.namespaces);
  Section tail = Tail(pipeline, "containers", path);
  // Its own lines would come back with every record that it complains about.
  std::string excluded = std::string(kContainerLogs) + "belvedere-fluent-bit-*.log";
  if (!containers.excluded.empty()) excluded += "," + FilesOf(containers.excluded);
  tail.properties.push_back(Set("exclude_path", excluded));
  tail.properties.push_back(Set("multiline.parser", "docker,cri"));
  return tail;
}

std::string MultilineParsers(const std::vector<Multiline>& languages) {
  std::vector<std::string> names;
  names.reserve(languages.size());
  for (const Multiline language : languages) {
    names.emplace_back(language == Multiline::kJava ? "java"
                       : language == Multiline::kGo ? "go"
                                                    : "python");
  }
  return Join(names);
}

std::string LabelAccessor(const std::string& label) {
  return "$kubernetes['labels']['" + label + "']";
}

// The rules of grep that a pod's labels must pass.
void AddSelector(const config::LabelSelector& selector, std::vector<std::string>& regex,
                 std::vector<std::string>& exclude) {
  using Operator = config::LabelRequirement::Operator;
  for (const auto& [key, value] : selector.match_labels) {
    regex.push_back(LabelAccessor(key) + " " + RegexOf(value));
  }
  for (const config::LabelRequirement& rule : selector.match_expressions) {
    std::string any;
    for (const std::string& value : rule.values) any += (any.empty() ? "" : "|") + RegexOf(value);
    const bool has_values = rule.op == Operator::kIn || rule.op == Operator::kNotIn;
    const bool wanted = rule.op == Operator::kIn || rule.op == Operator::kExists;
    const std::string line = LabelAccessor(rule.key) + " " + (has_values ? any : "^");
    (wanted ? regex : exclude).push_back(line);
  }
}

void AddContainerFilters(const Pipeline& pipeline, const Containers& containers,
                         std::vector<Section>& filters) {
  const std::string tag = TagOf(pipeline, "containers");
  const std::string match = tag + ".*";
  if (!containers.multiline.empty()) {
    // It sends records through an emitter of its own, which forgets them on a restart by default.
    filters.push_back(
        {.name = "multiline",
         .properties = {Set("match", match), Set("multiline.key_content", "log"),
                        Set("multiline.parser", MultilineParsers(containers.multiline)),
                        Set("emitter_storage.type", "filesystem"),
                        Set("emitter_mem_buf_limit", "50M")}});
  }
  const bool labels = !containers.selector.Empty() || !containers.labels.empty();
  filters.push_back(
      {.name = "kubernetes",
       .properties = {Set("match", match), Set("kube_tag_prefix", tag + ".var.log.containers."),
                      Set("merge_log", Toggle::kOff), Set("keep_log", Toggle::kOn),
                      Set("labels", labels ? Toggle::kOn : Toggle::kOff),
                      Set("annotations", Toggle::kOff),
                      // Annotations of a pod must not choose what its lines are read as.
                      Set("k8s-logging.parser", Toggle::kOff),
                      Set("k8s-logging.exclude", Toggle::kOff), Set("buffer_size", "1M"),
                      Set("kube_meta_cache_ttl", "300s"), Set("use_kubelet", Toggle::kOff)}});
  std::vector<std::string> regex;
  std::vector<std::string> exclude;
  AddSelector(containers.selector, regex, exclude);
  for (const auto& [key, rules] : {std::pair{"regex", regex}, {"exclude", exclude}}) {
    // One filter for each rule: several in one are joined by an operator of the whole filter.
    for (const std::string& rule : rules) {
      filters.push_back(
          {.name = "grep", .properties = {Set("match", match), SetList(key, {rule})}});
    }
  }
  if (labels) {
    filters.push_back({.name = "lua",
                       .properties = {Set("match", match), Set("call", kLuaFunction),
                                      Set("code", KeepLabelsProgram(containers.labels))}});
  }
}

void AddJournal(const Pipeline& pipeline, Model& model) {
  if (pipeline.units.empty()) return;
  std::vector<std::string> units;
  for (const std::string& unit : pipeline.units) units.push_back("_SYSTEMD_UNIT=" + unit);
  const std::string tag = TagOf(pipeline, "journal");
  model.inputs.push_back(
      {.name = "systemd",
       .properties = {Set("alias", NameOf(pipeline) + ".journal"), Set("tag", tag),
                      Set("path", "/var/log/journal"), Set("db", StateFile(pipeline, "journal")),
                      SetList("systemd_filter", units), Set("systemd_filter_type", "or"),
                      Set("strip_underscores", Toggle::kOn), Set("lowercase", Toggle::kOn),
                      Set("read_from_tail", Toggle::kOn), Set("storage.type", "filesystem")}});
  model.filters.push_back(
      {.name = "modify",
       .properties = {Set("match", tag), SetList("Hard_rename", {"message log"})}});
}

void AddControlPlane(const Pipeline& pipeline, Model& model) {
  if (pipeline.control_plane == Wanted::kNo) return;
  std::vector<std::string> files;
  std::vector<std::string> pods;
  for (const char* program : kControlPlane) {
    files.push_back(std::string("/var/log/") + program + ".log");
    pods.push_back(kContainerLogs + (std::string(program) + "-*_kube-system_*.log"));
  }
  model.inputs.push_back(Tail(pipeline, "controlplane", Join(files)));
  Section tail = Tail(pipeline, "staticpods", Join(pods));
  tail.properties.push_back(Set("multiline.parser", "docker,cri"));
  model.inputs.push_back(std::move(tail));
}

std::string GlobRegex(const std::string& glob) {
  std::string regex = RegexOf(glob);
  for (std::size_t at = 0; (at = regex.find("\\*", at)) != std::string::npos;) {
    regex.replace(at, 2, ".*");
  }
  return regex;
}

void AddAudit(const Pipeline& pipeline, Model& model) {
  if (!pipeline.audit) return;
  Section tail = Tail(pipeline, "audit", Join(pipeline.audit->paths));
  tail.properties.push_back(Set("parser", kAuditParser));
  model.inputs.push_back(std::move(tail));
  model.parsers.push_back(
      {.name = kAuditParser,
       .properties = {Set("format", "json"), Set("time_key", "requestReceivedTimestamp"),
                      Set("time_format", "%Y-%m-%dT%H:%M:%S.%LZ"), Set("time_keep", Toggle::kOn)}});
  std::vector<std::string> rules;
  for (const std::string& verb : pipeline.audit->dropped_verbs) {
    rules.push_back("$verb " + RegexOf(verb));
  }
  for (const std::string& user : pipeline.audit->dropped_users) {
    rules.push_back("$user['username'] " + GlobRegex(user));
  }
  for (const std::string& rule : rules) {
    model.filters.push_back({.name = "grep",
                             .properties = {Set("match", TagOf(pipeline, "audit") + ".*"),
                                            SetList("exclude", {rule})}});
  }
}

// Adds what filters and sends the records of `pipeline`.
Status AddDelivery(const Pipeline& pipeline, Model& model) {
  const std::string match = pipeline.id + ".*";
  Result<RenderedFilters> rendered =
      RenderFilters(pipeline.filters, {.match = match, .guard = "kubernetes_" + pipeline.id});
  if (!rendered) {
    return Fail(rendered.error().code, "spec.filters" + rendered.error().message);
  }
  std::ranges::move(rendered->filters, std::back_inserter(model.filters));
  for (Section& parser : rendered->parsers) {
    if (std::ranges::find(model.parsers, parser) == model.parsers.end()) {
      model.parsers.push_back(std::move(parser));
    }
  }
  for (std::size_t i = 0; i < pipeline.outputs.size(); ++i) {
    const Output& output = pipeline.outputs[i];
    const std::string where =
        "spec.outputs[" + std::to_string(i) + "]." + std::string(output.kind->field);
    if (output.kind->fluent_bit == nullptr) {
      return Fail(ErrorCode::kInvalid, where + ": " + std::string(output.kind->no_fluent_bit));
    }
    const OutputContext context{
        .tenant = pipeline.tenant,
        .pipeline = NameOf(pipeline),
        .state_dir = std::string(kStateDir) + "/outputs/" + pipeline.id + "-" + output.name,
        .buffer_bytes = pipeline.buffer.bytes_per_output};
    Result<FluentBitOutput> section = output.kind->fluent_bit(*output.settings, context);
    if (!section) return Fail(section.error().code, where + "." + section.error().message);
    section->properties.push_back(Set("match", match));
    section->properties.push_back(Set("alias", OutputAlias(pipeline, output)));
    section->properties.push_back(Set("retry_limit", pipeline.buffer.max_retries));
    section->properties.push_back(
        Set("storage.total_limit_size", std::to_string(pipeline.buffer.bytes_per_output)));
    model.outputs.push_back(std::move(*section));
  }
  return {};
}

void AddForward(const Pipeline& pipeline, Model& model) {
  model.outputs.push_back(
      {.name = "forward",
       .properties = {
           Set("match", pipeline.id + ".*"), Set("alias", GatewayAlias(pipeline)),
           Set("host", pipeline.gateway), Set("port", kForwardPort),
           // What is not acknowledged is sent again, so that a gateway may restart.
           Set("require_ack_response", Toggle::kOn), Set("send_options", Toggle::kOn),
           Set("compress", "gzip"), Set("retry_limit", pipeline.buffer.max_retries),
           Set("storage.total_limit_size", std::to_string(pipeline.buffer.bytes_per_output))}});
}

std::int64_t DeadLetterBytes(std::span<const Pipeline> pipelines) {
  std::int64_t bytes = 0;
  for (const Pipeline& pipeline : pipelines) bytes += pipeline.buffer.dead_letter_bytes;
  return bytes;
}

Status AddNodePipeline(const Pipeline& pipeline, Model& model) {
  if (pipeline.containers) {
    model.inputs.push_back(ContainersInput(pipeline, *pipeline.containers));
    AddContainerFilters(pipeline, *pipeline.containers, model.filters);
  }
  AddJournal(pipeline, model);
  AddControlPlane(pipeline, model);
  AddAudit(pipeline, model);
  if (pipeline.gateway.empty()) return AddDelivery(pipeline, model);
  AddForward(pipeline, model);
  return {};
}

}  // namespace

std::string OutputAlias(const Pipeline& pipeline, const Output& output) {
  return NameOf(pipeline) + "." + output.name;
}

std::string GatewayAlias(const Pipeline& pipeline) { return NameOf(pipeline) + ".gateway"; }

Status Check(const Pipeline& pipeline) {
  const std::span<const Pipeline> one(&pipeline, 1);
  return CheckModels({NodeAgentModel(one), GatewayModel(pipeline), EventReaderModel(one)});
}

Result<Model> NodeAgentModel(std::span<const Pipeline> pipelines) {
  const bool tenants_only =
      std::ranges::none_of(pipelines, [](const Pipeline& p) { return p.gateway.empty(); });
  Model model{.service = Service(tenants_only ? 0 : DeadLetterBytes(pipelines))};
  for (const Pipeline& pipeline : pipelines) {
    if (Status status = AddNodePipeline(pipeline, model); !status) return Fail(status.error());
  }
  return model;
}

Result<Model> GatewayModel(const Pipeline& pipeline) {
  Model model{.service = Service(pipeline.buffer.dead_letter_bytes)};
  // Tags come from the node agents, which NetworkPolicies alone let in.
  model.inputs.push_back(
      {.name = "forward",
       .properties = {Set("alias", NameOf(pipeline) + ".gateway"),
                      Set("tag", pipeline.id + ".gateway"), Set("listen", "0.0.0.0"),
                      Set("port", kForwardPort), Set("storage.type", "filesystem"),
                      Set("buffer_chunk_size", "1M"), Set("buffer_max_size", "10M")}});
  if (Status status = AddDelivery(pipeline, model); !status) return Fail(status.error());
  return model;
}

Result<Model> EventReaderModel(std::span<const Pipeline> pipelines) {
  Model model{.service = Service(DeadLetterBytes(pipelines))};
  for (const Pipeline& pipeline : pipelines) {
    if (pipeline.events == Wanted::kNo) continue;
    model.inputs.push_back(
        {.name = "kubernetes_events",
         .properties = {Set("alias", NameOf(pipeline) + ".events"),
                        Set("tag", TagOf(pipeline, "events")),
                        Set("db", StateFile(pipeline, "events")), Set("kube_retention_time", "1h"),
                        Set("storage.type", "filesystem")}});
    if (Status status = AddDelivery(pipeline, model); !status) return Fail(status.error());
  }
  return model;
}

}  // namespace belvedere::logpipeline::fluentbit

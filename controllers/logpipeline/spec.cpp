#include "controllers/logpipeline/spec.h"

#include <algorithm>
#include <regex>

#include "controllers/config/field_reader.h"
#include "controllers/config/names.h"
#include "controllers/logpipeline/spec_filters.h"
#include "controllers/logpipeline/spec_text.h"
#include "operator/base/hash.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;

constexpr std::int64_t kMi = 1 << 20;
constexpr std::int64_t kGi = 1 << 30;
constexpr std::int64_t kMaxRetries = 10'000;
constexpr int kMaxRetentionDays = 3650;
constexpr Buffer kDefaults{
    .bytes_per_output = kGi, .max_retries = 300, .dead_letter_bytes = 256 * kMi};
constexpr std::size_t kIdLength = 16;

struct Forms {
  Form ns{std::regex("(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?"), "the name of a namespace"};
  Form label{
      std::regex("([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"),
      "the key of a label, such as team or app.kubernetes.io/name"};
  Form unit{
      std::regex(
          "[-A-Za-z0-9:_.@]+[.](service|socket|device|mount|automount|swap|target|timer|slice|"
          "scope)"),
      "the name of a unit with its suffix, such as kubelet.service"};
  // The last part alone may hold *, and none begins with a dot.
  Form log{std::regex("/var/log/([-A-Za-z0-9_][-A-Za-z0-9_.]*/)*[-A-Za-z0-9_*][-A-Za-z0-9_.*]*"),
           "a file below /var/log, of letters, digits and -_., with * in its last part only"};
  Form verb{std::regex("[a-z]{1,32}"), "a verb of the API in small letters, such as get"};
  Form user{std::regex(".{1,256}"), "the name of a user, in which * stands for any text"};
};

const Forms& AllForms() {
  static const Forms kForms;  // made once: a regex takes longer to compile than a spec to read
  return kForms;
}

std::vector<Multiline> ReadMultiline(FieldReader& reader) {
  static const FieldReader::Choices<Multiline> kLanguages{
      {"Java", Multiline::kJava}, {"Go", Multiline::kGo}, {"Python", Multiline::kPython}};
  std::vector<Multiline> languages;
  const std::vector<std::string> names = reader.Texts("multiline");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string key = "multiline[" + std::to_string(i) + "]";
    const auto found =
        std::ranges::find(kLanguages, names[i], &std::pair<std::string_view, Multiline>::first);
    if (found == kLanguages.end()) {
      reader.Note(key, "\"" + names[i] + "\" is not one of Java, Go, Python");
    } else if (std::ranges::find(languages, found->second) == languages.end()) {
      languages.push_back(found->second);
    }
  }
  return languages;
}

Containers ReadContainers(FieldReader reader) {
  Containers containers;
  FieldReader namespaces = reader.Child("namespaces");
  containers.namespaces = ReadList(namespaces, "include", AllForms().ns);
  containers.excluded = ReadList(namespaces, "exclude", AllForms().ns);
  namespaces.RejectOthers();
  containers.selector = config::ReadSelector(reader.Child("selector"));
  containers.multiline = ReadMultiline(reader);
  containers.labels = ReadList(reader, "labels", AllForms().label);
  reader.RejectOthers();
  return containers;
}

// A list that must not be empty.
std::vector<std::string> ReadNeeded(FieldReader& reader, const std::string& key, const Form& form) {
  std::vector<std::string> texts = ReadList(reader, key, form);
  if (texts.empty()) reader.Note(key, "is required: what to read");
  return texts;
}

Audit ReadAudit(FieldReader reader) {
  Audit audit{.paths = ReadNeeded(reader, "paths", AllForms().log),
              .dropped_verbs = ReadList(reader, "dropVerbs", AllForms().verb),
              .dropped_users = ReadList(reader, "dropUsers", AllForms().user)};
  reader.RejectOthers();
  return audit;
}

// The state of an object that means yes by being there.
Wanted ReadState(FieldReader reader, std::string_view yes) {
  const auto wanted = reader.Choice<Wanted>(
      "state", {{yes, Wanted::kYes}, {"Disabled", Wanted::kNo}}, Wanted::kYes);
  reader.RejectOthers();
  return wanted;
}

Wanted ReadToggle(FieldReader& parent, const std::string& key, std::string_view yes) {
  const bool given = parent.Has(key);
  const Wanted wanted = ReadState(parent.Child(key), yes);
  return given ? wanted : Wanted::kNo;
}

void ReadInputs(FieldReader reader, Spec& spec) {
  const bool containers = reader.Has("containers");
  FieldReader of_containers = reader.Child("containers");
  if (containers) spec.containers = ReadContainers(of_containers);
  const bool nodes = reader.Has("nodes");
  FieldReader of_nodes = reader.Child("nodes");
  if (nodes) {
    spec.units = ReadNeeded(of_nodes, "units", AllForms().unit);
    of_nodes.RejectOthers();
  }
  spec.control_plane = ReadToggle(reader, "controlPlane", "Auto");
  const bool audit = reader.Has("audit");
  FieldReader of_audit = reader.Child("audit");
  if (audit) spec.audit = ReadAudit(of_audit);
  spec.events = ReadToggle(reader, "events", "Enabled");
  reader.RejectOthers();
  if (!containers && !nodes && !audit && spec.control_plane == Wanted::kNo &&
      spec.events == Wanted::kNo) {
    reader.Note("", "needs one of containers, nodes, controlPlane, audit, events: what to read");
  }
}

struct Range {
  std::int64_t fallback;
  std::int64_t least;
  std::int64_t most;
};

std::string InMi(std::int64_t bytes) { return std::to_string(bytes / kMi) + "Mi"; }

std::int64_t ReadBytes(FieldReader& reader, const std::string& key, const Range& range) {
  const std::optional<Quantity> size = reader.ReadQuantity(key);
  const std::int64_t bytes = size ? size->Value() : range.fallback;
  if (bytes < range.least || bytes > range.most) {
    reader.Note(key, size->Canonical() + " must be between " + InMi(range.least) + " and " +
                         InMi(range.most));
  }
  return bytes;
}

std::int64_t ReadDeadLetter(FieldReader& parent) {
  const bool given = parent.Has("deadLetter");
  FieldReader reader = parent.Child("deadLetter");
  const auto wanted = reader.Choice<Wanted>(
      "state", {{"Enabled", Wanted::kYes}, {"Disabled", Wanted::kNo}}, Wanted::kYes);
  const std::int64_t bytes =
      ReadBytes(reader, "size", {kDefaults.dead_letter_bytes, kMi, 100 * kGi});
  reader.RejectOthers();
  return given && wanted == Wanted::kYes ? bytes : 0;
}

Buffer ReadBuffer(FieldReader reader) {
  Buffer buffer;
  buffer.bytes_per_output =
      ReadBytes(reader, "sizePerOutput", {kDefaults.bytes_per_output, 16 * kMi, 1024 * kGi});
  buffer.max_retries = reader.Integer("maxRetries", 1, kMaxRetries).value_or(kDefaults.max_retries);
  buffer.dead_letter_bytes = ReadDeadLetter(reader);
  reader.RejectOthers();
  return buffer;
}

bool HasStack(const std::vector<Output>& outputs) {
  return std::ranges::any_of(outputs, [](const Output& o) { return o.Stack().has_value(); });
}

int ReadRetention(FieldReader& reader, const std::vector<Output>& outputs) {
  const std::optional<std::int64_t> days = reader.Integer("retentionDays", 1, kMaxRetentionDays);
  if (days && !HasStack(outputs)) {
    reader.Note("retentionDays",
                "needs an output `stack`, whose store keeps records that long; remove the field, "
                "or set the retention where the outputs lead");
  }
  return static_cast<int>(days.value_or(0));
}

}  // namespace

Result<Spec> ParseSpec(const Json& json) {
  FieldReader::Problems problems;
  FieldReader reader(json, "spec", problems);
  Spec spec;
  spec.management = reader.Choice<ManagementState>(
      "managementState",
      {{"Managed", ManagementState::kManaged}, {"Paused", ManagementState::kPaused}},
      ManagementState::kManaged);
  spec.agent = reader.Choice<Agent>(
      "agent", {{"FluentBit", Agent::kFluentBit}, {"OpenTelemetry", Agent::kOpenTelemetry}},
      Agent::kFluentBit);
  ReadInputs(reader.Child("inputs"), spec);
  spec.filters = ParseFilters(reader);
  spec.outputs = ParseOutputs(reader);
  if (!reader.Has("outputs") || At(json, "/outputs").empty()) {
    reader.Note("outputs", "is required: where the records go");
  }
  spec.buffer = ReadBuffer(reader.Child("buffer"));
  spec.retention_days = ReadRetention(reader, spec.outputs);
  reader.RejectOthers();
  if (!problems.empty()) return Fail(ErrorCode::kInvalid, config::Join(problems));
  return spec;
}

std::optional<std::string> Refuse(const Spec& spec, const kube::ObjectKey& key) {
  if (key.ns == config::kNodeNamespace) return std::nullopt;
  struct Input {
    bool asked;
    const char* field;
  };
  const bool namespaces = spec.containers && (!spec.containers->namespaces.empty() ||
                                              !spec.containers->excluded.empty());
  const Input inputs[] = {{namespaces, "containers.namespaces"},
                          {!spec.units.empty(), "nodes"},
                          {spec.control_plane == Wanted::kYes, "controlPlane"},
                          {spec.audit.has_value(), "audit"},
                          {spec.events == Wanted::kYes, "events"}};
  for (const Input& input : inputs) {
    if (!input.asked) continue;
    const std::string home(config::kNodeNamespace);
    return std::string("spec.inputs.") + input.field + ": a pipeline in namespace " + key.ns +
           " reads the containers of that namespace only; remove the field, or make the pipeline "
           "in namespace " +
           home;
  }
  return std::nullopt;
}

Pipeline MakePipeline(const Spec& spec, const kube::ObjectKey& key, const std::string& uid,
                      const std::string& namespace_uid) {
  const bool platform = key.ns == config::kNodeNamespace;
  Pipeline pipeline{
      .id = ContentHash().Add(namespace_uid).Add(uid).Hex().substr(0, kIdLength),
      .ns = key.ns,
      .name = key.name,
      .tenant = platform ? std::string(config::kPlatformTenant) : namespace_uid,
      .containers = spec.containers,
      .units = spec.units,
      .control_plane = spec.control_plane,
      .audit = spec.audit,
      .events = spec.events,
      .filters = spec.filters,
      .outputs = spec.outputs,
      .buffer = spec.buffer,
  };
  if (!platform && pipeline.containers) pipeline.containers->namespaces = {key.ns};
  return pipeline;
}

}  // namespace belvedere::logpipeline

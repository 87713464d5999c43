#include "controllers/config/receivers.h"

#include <algorithm>
#include <charconv>

#include "controllers/config/inert.h"
#include "controllers/config/promql/literals.h"

namespace belvedere::config::receivers {
namespace {

constexpr std::size_t kLongestText = 1024;

tl::unexpected<Error> Bad(const Integration& integration, std::string_view field,
                          std::string_view problem) {
  std::string path = integration.kind;
  if (!field.empty()) path += "." + std::string(field);
  return Fail(ErrorCode::kInvalid, path + ": " + std::string(problem));
}

bool IsOneOf(char c, std::string_view others) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool IsHost(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return IsOneOf(c, ".-"); });
}

// A name or address, and a port if `port` asks for one.
enum class Port { kOptional, kRequired };
bool IsHostPort(std::string_view text, Port port) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return port == Port::kOptional && IsHost(text);
  return IsHost(text.substr(0, colon)) && IsPort(text.substr(colon + 1));
}

// Narrower than what a URL may be: no user, no escapes, which might stand for something else.
bool IsUrl(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  if (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http") return false;
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return IsHostPort(rest.substr(0, slash), Port::kOptional) &&
         std::ranges::all_of(rest.substr(slash), [](char c) { return IsOneOf(c, "/.-_~=&?+,@:"); });
}

bool IsChoice(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    if (text == choices.substr(0, end)) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

Json Message(std::string_view name) { return "{{ template \"" + std::string(name) + "\" . }}"; }

// Puts `value` at a key in which dots lead into objects.
void Put(Json& config, std::string_view key, Json value) {
  const std::size_t dot = key.find('.');
  Json& here = config[std::string(key.substr(0, dot))];
  if (dot == std::string_view::npos) {
    here = std::move(value);
  } else {
    Put(here, key.substr(dot + 1), std::move(value));
  }
}

// What Alertmanager calls what users choose.
Json ChoiceOf(const Field& field, const std::string& choice) {
  if (field.key == "api_type") return choice == "Cloud" ? "cloud" : "datacenter";
  if (choice == "JSM") return "https://api.atlassian.com/jsm/ops/integration/";
  if (choice == "OpsgenieEU") return "https://api.eu.opsgenie.com/";
  return "https://api.opsgenie.com/";
}

// What is wrong with a value of a field, or empty.
std::string_view ProblemOf(const Field& field, const Value& value) {
  using enum Field::Type;
  const auto* text = std::get_if<std::string>(&value);
  const auto* file = std::get_if<SecretFile>(&value);
  if (field.type == kRefused) return field.more;
  if (field.type == kSecret) {
    return file != nullptr && IsInertPath(file->path) ? "" : "is no path of a mounted file";
  }
  if (field.type == kInteger) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr && *number != 0 ? "" : "is no number other than 0";
  }
  if (text == nullptr) return "is no text";
  if (const std::string_view problem = TextProblem(*text); !problem.empty()) return problem;
  if (field.type == kUrl && !IsUrl(*text)) return "is no plain http or https URL";
  if (field.type == kHostPort && !IsHostPort(*text, Port::kRequired)) return "is no host:port";
  if (field.type == kChoice && !IsChoice(*text, field.more)) return "is none of the choices";
  return "";
}

Json ConfigOf(const Field& field, const Value& value) {
  if (const auto* file = std::get_if<SecretFile>(&value)) return file->path;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto& text = std::get<std::string>(value);
  if (field.type == Field::Type::kChoice) return ChoiceOf(field, text);
  if (field.key == "responders") {
    return Json::array({{{"type", "team"}, {"name", text}}});
  }
  return text;
}

Status CheckNeeds(const Integration& integration, const Kind& kind) {
  int given = 0;
  std::string names;
  for (const Field& field : kind.fields) {
    const bool has = integration.fields.contains(std::string(field.name));
    if (field.need == Field::Need::kRequired && !has) {
      return Bad(integration, field.name, "is missing");
    }
    if (field.need != Field::Need::kOneOf) continue;
    given += has ? 1 : 0;
    names += (names.empty() ? "" : ", ") + std::string(field.name);
  }
  if (names.empty() || given == 1) return {};
  return Bad(integration, "", "needs exactly one of " + names);
}

// Rules that concern two fields.
Status CheckTogether(const Integration& integration) {
  const auto has = [&](const char* name) { return integration.fields.contains(name); };
  if (integration.kind == "jira" && has("username") != has("passwordRef")) {
    return Bad(integration, "", "username and passwordRef need each other");
  }
  if (integration.kind == "email" && has("passwordRef") && !has("username")) {
    return Bad(integration, "username", "is missing");
  }
  return {};
}

}  // namespace

std::string_view TextProblem(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kLongestText) return "is too long";
  if (!promql::IsUtf8(text)) return "is no UTF-8";
  // Alertmanager takes nearly every text for a template.
  if (text.find("{{") != std::string_view::npos) return "holds {{";
  return InertTextProblem(text);
}

Result<Json> ToConfig(const Integration& integration, Messages messages) {
  const Kind* kind = FindKind(integration.kind);
  if (kind == nullptr) return Bad(integration, "", "there is no such kind of receiver");
  for (const auto& [name, value] : integration.fields) {
    const Field* field = FindField(*kind, name);
    if (field == nullptr) return Bad(integration, name, "there is no such field");
    if (const std::string_view problem = ProblemOf(*field, value); !problem.empty()) {
      return Bad(integration, name, problem);
    }
  }
  if (Status ok = CheckNeeds(integration, *kind); !ok) return Fail(ok.error());
  if (Status ok = CheckTogether(integration); !ok) return Fail(ok.error());
  // Whether somebody is told that it is over must not depend on the kind.
  Json config{{"send_resolved", true}};
  for (const Field& field : kind->fields) {
    const auto given = integration.fields.find(std::string(field.name));
    if (field.type == Field::Type::kMessage) {
      if (messages == Messages::kOurs) Put(config, field.key, Message(field.more));
    } else if (given != integration.fields.end()) {
      Put(config, field.key, ConfigOf(field, given->second));
    }
  }
  return config;
}

std::string_view MessageTemplates() {
  return R"({{ define "belvedere.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}]
{{- with .CommonLabels.policy_name }} {{ . }}{{ end }}
{{- with .CommonLabels.entry }}/{{ . }}{{ end }}
{{- with .CommonAnnotations.summary }}: {{ . }}{{ else }} {{ .CommonLabels.alertname }}{{ end }}
{{- end }}

{{ define "belvedere.text" -}}
{{ range .Alerts -}}
{{ .Status | toUpper }}: {{ or .Annotations.summary .Labels.alertname }}
{{- with .Annotations.description }}
{{ . }}{{ end }}
{{- with .Annotations.value }}
value: {{ . }}{{ end }}
{{- with .Labels.owner }}
owner: {{ . }}{{ end }}
{{- with .Labels.cluster }}
cluster: {{ . }}{{ end }}
{{- with .Annotations.runbook_url }}
runbook: {{ . }}{{ end }}
{{ end }}
{{- end }}

{{ define "belvedere.severity" -}}
{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}
{{- end }}

{{ define "belvedere.priority" -}}
{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}
{{- end }}
)";
}

}  // namespace belvedere::config::receivers

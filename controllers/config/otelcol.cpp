#include "controllers/config/otelcol.h"

#include <algorithm>
#include <set>

#include "controllers/config/inert.h"
#include "controllers/config/yaml.h"

namespace belvedere::config::otelcol {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsWord(std::string_view text, std::string_view also) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return IsAlphanumeric(c) || also.find(c) != std::string_view::npos;
  });
}

std::string Doubled(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled.append(c == '$' ? 2 : 1, c);
  return doubled;
}

class Encoder {
 public:
  Result<std::string> Run(const Model& model) {
    Json root = Json::object();
    Section("extensions", model.extensions, root);
    known_ = {.receivers = Section("receivers", model.receivers, root),
              .processors = Section("processors", model.processors, root),
              .exporters = Section("exporters", model.exporters, root)};
    root["service"]["pipelines"] = Pipelines(model.pipelines);
    for (const Component& extension : model.extensions) {
      root["service"]["extensions"].push_back(NameOf(extension));
    }
    if (!model.telemetry.empty()) {
      root["service"]["telemetry"] = Render(model.telemetry, "telemetry");
    }
    RefuseUnused(known_.receivers, used_.receivers);
    RefuseUnused(known_.processors, used_.processors);
    RefuseUnused(known_.exporters, used_.exporters);
    if (!status_) return Fail(status_.error());
    return config::ToYaml(root);
  }

 private:
  using Names = std::set<std::string>;
  struct Parts {
    Names receivers;
    Names processors;
    Names exporters;
  };

  Names Section(const std::string& section, const std::vector<Component>& components, Json& root) {
    Names names;
    for (const Component& component : components) {
      const std::string name = NameOf(component);
      const bool named =
          IsWord(component.type, "_") && (component.id.empty() || IsWord(component.id, "._-"));
      if (!named) Refuse(name, "is not a component's name");
      if (!names.insert(name).second) Refuse(name, "stands twice in " + section);
      if (!component.settings.is_object()) Refuse(name, "has settings that are no object");
      root[section][name] = Render(component.settings, name);
    }
    return names;
  }

  Json Pipelines(const std::vector<Pipeline>& pipelines) {
    Json rendered = Json::object();
    for (const Pipeline& pipeline : pipelines) {
      const std::string name = "logs/" + pipeline.id;
      if (!IsWord(pipeline.id, "._-")) Refuse(name, "is not a pipeline's name");
      if (rendered.contains(name)) Refuse(name, "stands twice in pipelines");
      if (pipeline.receivers.empty() || pipeline.exporters.empty()) {
        Refuse(name, "needs a receiver and an exporter");
      }
      Json& item = rendered[name];
      item["receivers"] = Use(pipeline.receivers, known_.receivers, used_.receivers);
      if (!pipeline.processors.empty()) {
        item["processors"] = Use(pipeline.processors, known_.processors, used_.processors);
      }
      item["exporters"] = Use(pipeline.exporters, known_.exporters, used_.exporters);
    }
    return rendered;
  }

  Json Use(const std::vector<std::string>& names, const Names& known, Names& used) {
    Json list = Json::array();
    Names here;
    for (const std::string& name : names) {
      if (!known.contains(name)) Refuse(name, "is not a component");
      if (!here.insert(name).second) Refuse(name, "stands twice in a pipeline");
      used.insert(name);
      list.push_back(name);
    }
    return list;
  }

  void RefuseUnused(const Names& known, const Names& used) {
    for (const std::string& name : known) {
      if (!used.contains(name)) Refuse(name, "is used by no pipeline");
    }
  }

  Json Render(const Json& value, const std::string& where) {
    if (value.is_string()) return Text(value.get_ref<const std::string&>(), where);
    if (value.is_array()) {
      Json list = Json::array();
      for (const Json& item : value) list.push_back(Render(item, where));
      return list;
    }
    if (!value.is_object()) return value;
    if (value.contains(kFileMarker)) return FileContent(value, where);
    Json object = Json::object();
    for (const auto& [key, item] : value.items()) {
      // The collector expands values only: in a key, `$` cannot be escaped.
      if (key.find('$') != std::string::npos) Refuse(where, "has a key with $");
      Check(key, where);
      object[key] = Render(item, where + "." + key);
    }
    return object;
  }

  Json FileContent(const Json& marker, const std::string& where) {
    const std::string path = StringAt(marker, std::string("/") + kFileMarker);
    const std::string prefix = StringAt(marker, std::string("/") + kPrefixMarker);
    const std::size_t members = marker.contains(kPrefixMarker) ? 2 : 1;
    if (marker.size() != members) Refuse(where, "mixes a file with other settings");
    if (!IsInertPath(path)) Refuse(where, "is not a file's path");
    // `$` before a reference would take its `$` for an escape.
    if (prefix.find('$') != std::string::npos) Refuse(where, "has a prefix with $");
    Check(prefix, where);
    return prefix + "${file:" + path + "}";
  }

  std::string Text(const std::string& text, const std::string& where) {
    Check(text, where);
    return Doubled(text);
  }

  void Check(std::string_view text, const std::string& where) {
    const std::string_view problem = InertTextProblem(text);
    if (!problem.empty()) Refuse(where, problem);
  }

  void Refuse(const std::string& where, std::string_view problem) {
    if (status_) status_ = Fail(ErrorCode::kInvalid, where + " " + std::string(problem));
  }

  Parts known_;
  Parts used_;
  Status status_;  // the first problem
};

}  // namespace

std::string NameOf(const Component& component) {
  return component.id.empty() ? component.type : component.type + "/" + component.id;
}

Result<std::string> ToYaml(const Model& model) { return Encoder().Run(model); }

std::string OttlString(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + "\"";
}

std::string OttlReplacement(std::string_view text) { return OttlString(Doubled(text)); }

}  // namespace belvedere::config::otelcol

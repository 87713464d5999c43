#include "controllers/config/fluentbit.h"

#include <algorithm>
#include <set>

#include "controllers/config/fluentbit_schema.h"
#include "controllers/config/inert.h"
#include "controllers/config/yaml.h"
#include "operator/base/hash.h"

namespace belvedere::config::fluentbit {
namespace {

class Encoder {
 public:
  Result<std::string> Run(const Model& model) {
    Json pipeline = {{"inputs", Sections(SectionKind::kInput, model.inputs)},
                     {"filters", Sections(SectionKind::kFilter, model.filters)},
                     {"outputs", Sections(SectionKind::kOutput, model.outputs)}};
    Json root = {
        {"service", Keys(SectionKind::kService, {.name = "", .properties = model.service})},
        {"pipeline", std::move(pipeline)}};
    if (!model.parsers.empty()) root["parsers"] = Sections(SectionKind::kParser, model.parsers);
    if (!model.multiline_parsers.empty()) {
      root["multiline_parsers"] = MultilineParsers(model.multiline_parsers);
    }
    // Last: what the sections refer to.
    for (const std::string& file : secrets_) {
      root["env"].push_back({{"name", VariableOf(file)}, {"uri", "file://" + file}});
    }
    if (!status_) return Fail(status_.error());
    return config::ToYaml(root);
  }

 private:
  Json Sections(SectionKind kind, const std::vector<Section>& sections) {
    Json list = Json::array();
    for (const Section& section : sections) {
      Json item = Keys(kind, section);
      item["name"] = Checked(section.name, "name");
      list.push_back(std::move(item));
    }
    return list;
  }

  Json Keys(SectionKind kind, const Section& section) {
    Note(CheckSection(kind, section));
    Json item = Json::object();
    for (const Property& property : section.properties) {
      item[property.key] = Render(property.value, section.name + "." + property.key);
    }
    return item;
  }

  Json MultilineParsers(const std::vector<MultilineParser>& parsers) {
    Json list = Json::array();
    for (const MultilineParser& parser : parsers) {
      Json rules = Json::array();
      for (const MultilineRule& rule : parser.rules) {
        rules.push_back({{"state", Checked(rule.state, "state")},
                         {"regex", Checked(rule.regex, "regex")},
                         {"next_state", Checked(rule.next_state, "next_state")}});
      }
      list.push_back({{"name", Checked(parser.name, "name")},
                      {"type", "regex"},
                      {"flush_timeout", parser.flush_timeout_ms},
                      {"rules", std::move(rules)}});
    }
    return list;
  }

  Json Render(const Value& value, const std::string& where) {
    if (const auto* text = std::get_if<Text>(&value)) return Render(*text, where);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    if (const auto* toggle = std::get_if<Toggle>(&value)) {
      return *toggle == Toggle::kOn ? "on" : "off";
    }
    Json list = Json::array();
    for (const Text& text : std::get<std::vector<Text>>(value)) list.push_back(Render(text, where));
    return list;
  }

  Json Render(const Text& text, const std::string& where) {
    if (text.secret_file.empty()) return Checked(text.literal, where);
    if (!IsInertPath(text.secret_file)) {
      Note(Fail(ErrorCode::kInvalid, where + ": " + text.secret_file + " is not a file's path"));
    }
    secrets_.insert(text.secret_file);
    const std::string before = text.literal.empty() ? "" : Checked(text.literal, where);
    return before + "${" + VariableOf(text.secret_file) + "}";
  }

  std::string Checked(const std::string& text, const std::string& where) {
    const std::string_view problem = text.empty() ? "is empty" : InertTextProblem(text);
    if (!problem.empty()) Note(Fail(ErrorCode::kInvalid, where + " " + std::string(problem)));
    return text;
  }

  void Note(Status status) {
    if (status_) status_ = std::move(status);
  }

  Status status_;  // the first problem
  std::set<std::string> secrets_;
};

}  // namespace

Property Set(std::string key, std::string value) {
  return {.key = std::move(key), .value = Text{.literal = std::move(value), .secret_file = {}}};
}

Property Set(std::string key, const char* value) { return Set(std::move(key), std::string(value)); }

Property Set(std::string key, std::int64_t value) {
  return {.key = std::move(key), .value = value};
}

Property Set(std::string key, int value) { return Set(std::move(key), std::int64_t{value}); }

Property Set(std::string key, Toggle value) { return {.key = std::move(key), .value = value}; }

Property SetList(std::string key, std::vector<std::string> values) {
  std::vector<Text> texts;
  texts.reserve(values.size());
  for (std::string& value : values)
    texts.push_back({.literal = std::move(value), .secret_file = {}});
  return {.key = std::move(key), .value = std::move(texts)};
}

Property SetSecret(std::string key, std::string literal, std::string secret_file) {
  return {.key = std::move(key),
          .value = Text{.literal = std::move(literal), .secret_file = std::move(secret_file)}};
}

std::string VariableOf(const std::string& secret_file) {
  return "SECRET_" + HashOf(secret_file).substr(0, 24);
}

Result<std::string> ToYaml(const Model& model) { return Encoder().Run(model); }

}  // namespace belvedere::config::fluentbit

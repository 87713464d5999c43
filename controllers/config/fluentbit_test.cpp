#include "controllers/config/fluentbit.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <random>
#include <set>

#include "controllers/config/fluentbit_schema.h"
#include "controllers/config/testing/random_models.h"

namespace belvedere::config::fluentbit {
namespace {

// Builds models of everything that the schema allows.
class ModelMaker {
 public:
  explicit ModelMaker(unsigned seed) : random_(seed) {}

  Model Make() {
    Model model{.service = MakeSection(SectionKind::kService, "").properties};
    Fill(SectionKind::kInput, model.inputs);
    Fill(SectionKind::kFilter, model.filters);
    Fill(SectionKind::kOutput, model.outputs);
    if (Below(4) == 0) model.parsers.push_back(MakeSection(SectionKind::kParser, MakeText()));
    if (Below(4) == 0) {
      model.multiline_parsers.push_back(
          {.name = MakeText(),
           .flush_timeout_ms = Below(9999),
           .rules = {{.state = MakeText(), .regex = MakeText(), .next_state = MakeText()}}});
    }
    return model;
  }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

  // Pieces that mean something to YAML, to Fluent Bit, or to a shell, put together at random.
  std::string MakeText() {
    static const std::vector<std::string> kPieces{"a",        "0",
                                                  "~",        ": ",
                                                  " #",       "- ",
                                                  "'",        "\"",
                                                  "\\",       "$",
                                                  "{",        "}",
                                                  "%",        "@INCLUDE",
                                                  "[OUTPUT]", "|",
                                                  ">",        "&a",
                                                  "*",        "!!str",
                                                  "---",      "null",
                                                  "on",       " ",
                                                  "é",        "日本",
                                                  "\\n",      "\xF0\x9F\x98\x80",
                                                  "#{x}",     "$(id)",
                                                  "`id`",     "?",
                                                  ",",        "\xEF\xBB\xBF",
                                                  "..",       "=",
                                                  "<<"};
    std::string text;
    for (unsigned i = Below(5); i < 5; ++i) {
      text += kPieces[Below(static_cast<unsigned>(kPieces.size()))];
      if (text.ends_with("${")) text.pop_back();
    }
    return text.empty() ? "x" : text;
  }

  Text MakeValue() {
    if (Below(8) != 0) return {.literal = MakeText(), .secret_file = {}};
    return {.literal = Below(2) == 0 ? "" : MakeText(),
            .secret_file = "/etc/belvedere/secrets/s" + std::to_string(Below(3)) + "/key"};
  }

  Value MakeValue(const KeySchema& row) {
    switch (row.type) {
      case KeyType::kText:
        if (row.times == Times::kList) return std::vector<Text>{MakeValue(), MakeValue()};
        return MakeValue();
      case KeyType::kInteger:
        return std::int64_t{Below(70000)};
      case KeyType::kToggle:
        return Below(2) == 0 ? Toggle::kOn : Toggle::kOff;
      case KeyType::kSize:
        return Text{.literal = std::to_string(Below(999)) + "M", .secret_file = {}};
      case KeyType::kTime:
        return Text{.literal = std::to_string(Below(999)) + "s", .secret_file = {}};
      case KeyType::kWord:
        return Text{.literal = std::string(row.words.substr(0, row.words.find('|'))),
                    .secret_file = {}};
    }
    return {};
  }

  Section MakeSection(SectionKind kind, const std::string& name) {
    Section section{.name = name, .properties = {}};
    for (const KeySchema& row : Schema()) {
      if (row.section != kind || (row.plugin != "*" && row.plugin != name)) continue;
      if (row.times != Times::kRequired && Below(12) != 0) continue;
      section.properties.push_back({.key = std::string(row.key), .value = MakeValue(row)});
    }
    return section;
  }

  void Fill(SectionKind kind, std::vector<Section>& sections) {
    if (Below(2) == 0) return;
    std::set<std::string_view> plugins;
    for (const KeySchema& row : Schema()) {
      if (row.section == kind && row.plugin != "*") plugins.insert(row.plugin);
    }
    const auto chosen = std::next(plugins.begin(), Below(static_cast<unsigned>(plugins.size())));
    sections.push_back(MakeSection(kind, std::string(*chosen)));
  }

  std::mt19937 random_;
};

// What Fluent Bit sees: a list of sections of names and texts, in which variables are replaced.
using Seen = std::map<std::string, std::vector<std::string>>;

std::string Expand(const Text& text) {
  return text.secret_file.empty() ? text.literal : text.literal + "${" + text.secret_file + "}";
}

Seen Expected(const Section& section, const std::string& name) {
  Seen seen;
  if (!name.empty()) seen["name"] = {name};
  for (const Property& property : section.properties) {
    std::vector<std::string>& values = seen[property.key];
    if (const auto* text = std::get_if<Text>(&property.value)) values = {Expand(*text)};
    if (const auto* number = std::get_if<std::int64_t>(&property.value)) {
      values = {std::to_string(*number)};
    }
    if (const auto* toggle = std::get_if<Toggle>(&property.value)) {
      values = {*toggle == Toggle::kOn ? "on" : "off"};
    }
    if (const auto* list = std::get_if<std::vector<Text>>(&property.value)) {
      for (const Text& text : *list) values.push_back(Expand(text));
    }
  }
  return seen;
}

class Reader {
 public:
  explicit Reader(const std::string& yaml) : root_(YAML::Load(yaml)) {
    if (!root_["env"].IsDefined()) return;
    for (const YAML::Node& item : root_["env"]) {
      files_[item["name"].Scalar()] = item["uri"].Scalar().substr(7);
      EXPECT_EQ(item.size(), 2U);
    }
  }

  const YAML::Node& root() const { return root_; }
  std::size_t secrets() const { return files_.size(); }

  Seen Read(const YAML::Node& section) const {
    Seen seen;
    for (const auto& entry : section) {
      std::vector<std::string>& values = seen[entry.first.Scalar()];
      if (entry.second.IsScalar()) values.push_back(Scalar(entry.second));
      for (std::size_t i = 0; entry.second.IsSequence() && i < entry.second.size(); ++i) {
        values.push_back(Scalar(entry.second[i]));
      }
    }
    return seen;
  }

  std::vector<Seen> ReadAll(const YAML::Node& sections) const {
    std::vector<Seen> all;
    if (!sections.IsDefined()) return all;
    for (const YAML::Node& section : sections) all.push_back(Read(section));
    return all;
  }

 private:
  std::string Scalar(const YAML::Node& node) const {
    std::string text = node.Scalar();
    const std::size_t at = text.find("${");
    if (at == std::string::npos) return text;
    const std::string name = text.substr(at + 2, text.size() - at - 3);
    return text.substr(0, at + 2) + files_.at(name) + "}";
  }

  YAML::Node root_;
  std::map<std::string, std::string> files_;
};

std::vector<Seen> ExpectedAll(const std::vector<Section>& sections) {
  std::vector<Seen> all;
  for (const Section& section : sections) all.push_back(Expected(section, section.name));
  return all;
}

std::set<std::string> SecretsOf(const Model& model) {
  std::set<std::string> files;
  const auto add = [&](const Text& text) {
    if (!text.secret_file.empty()) files.insert(text.secret_file);
  };
  const auto visit = [&](const std::vector<Property>& properties) {
    for (const Property& property : properties) {
      if (const auto* text = std::get_if<Text>(&property.value)) add(*text);
      const auto* list = std::get_if<std::vector<Text>>(&property.value);
      if (list != nullptr) std::ranges::for_each(*list, add);
    }
  };
  visit(model.service);
  for (const auto* sections : {&model.parsers, &model.inputs, &model.filters, &model.outputs}) {
    for (const Section& section : *sections) visit(section.properties);
  }
  return files;
}

void ExpectExactly(const Model& model, const std::string& yaml) {
  const Reader reader(yaml);
  const YAML::Node& root = reader.root();
  const YAML::Node pipeline = root["pipeline"];
  ASSERT_EQ(reader.Read(root["service"]), Expected({.properties = model.service}, "")) << yaml;
  ASSERT_EQ(reader.ReadAll(pipeline["inputs"]), ExpectedAll(model.inputs)) << yaml;
  ASSERT_EQ(reader.ReadAll(pipeline["filters"]), ExpectedAll(model.filters)) << yaml;
  ASSERT_EQ(reader.ReadAll(pipeline["outputs"]), ExpectedAll(model.outputs)) << yaml;
  ASSERT_EQ(pipeline.size(), 3U);
  ASSERT_EQ(reader.ReadAll(root["parsers"]), ExpectedAll(model.parsers)) << yaml;
  const YAML::Node multiline = root["multiline_parsers"];
  ASSERT_EQ(multiline.IsDefined() ? multiline.size() : 0, model.multiline_parsers.size());
  for (std::size_t i = 0; i < model.multiline_parsers.size(); ++i) {
    const YAML::Node node = multiline[i];
    ASSERT_EQ(node["name"].Scalar(), model.multiline_parsers[i].name);
    ASSERT_EQ(node["rules"].size(), model.multiline_parsers[i].rules.size());
    ASSERT_EQ(node["rules"][0]["regex"].Scalar(), model.multiline_parsers[i].rules[0].regex);
  }
  ASSERT_EQ(reader.secrets(), SecretsOf(model).size()) << yaml;
  const std::size_t sections = 2 + (model.parsers.empty() ? 0U : 1U) +
                               (model.multiline_parsers.empty() ? 0U : 1U) +
                               (reader.secrets() == 0 ? 0U : 1U);
  ASSERT_EQ(root.size(), sections) << yaml;
}

TEST(FluentBit, WhatIsRenderedHoldsExactlyTheModel) {
  for (unsigned seed = 0; seed < kRandomModels; ++seed) {
    const Model model = ModelMaker(seed).Make();
    const Result<std::string> yaml = ToYaml(model);
    ASSERT_TRUE(yaml) << seed << ": " << yaml.error().message;
    ExpectExactly(model, *yaml);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

Model WithHost(const std::string& host) {
  return {.service = {Set("storage.path", "/var/lib/x")},
          .outputs = {{.name = "http",
                       .properties = {Set("match", "*"), Set("host", host), Set("port", 80)}}}};
}

TEST(FluentBit, StringsThatMeanMoreThanTextAreRefused) {
  const std::string payloads[] = {"a\n[OUTPUT]\n    Name exec",
                                  "a\r\nb",
                                  "a\tb",
                                  std::string("a\0b", 3),
                                  "${HOME}",
                                  "x${SECRET_1}",
                                  "$${A}",
                                  "\x1b[0m",
                                  "a\x7F",
                                  "a\xC2\x85"
                                  "b",
                                  "a\xE2\x80\xA8"
                                  "b",
                                  "a\xE2\x80\xA9"
                                  "b",
                                  "\xFF",
                                  "\xC3",
                                  "",
                                  "x\n  - name: file\n    path: /",
                                  "${file:/etc/x}"};
  for (const std::string& payload : payloads) {
    const Result<std::string> yaml = ToYaml(WithHost(payload));
    ASSERT_FALSE(yaml) << payload;
    EXPECT_EQ(yaml.error().code, ErrorCode::kInvalid) << payload;
  }
  EXPECT_TRUE(ToYaml(WithHost("@INCLUDE /etc/passwd #{exec} 'x' \"y\" : - & * !")));
}

TEST(FluentBit, SchemaIsExact) {
  Model model = WithHost("h.example");
  model.outputs[0].name = "exec";
  EXPECT_EQ(ToYaml(model).error().code, ErrorCode::kInternal);

  model = WithHost("h.example");
  model.outputs[0].properties.push_back(Set("uris", "/"));
  EXPECT_EQ(ToYaml(model).error().message, "http.uris is not in the schema");

  model = WithHost("h.example");
  model.outputs[0].properties.push_back(Set("host", "i.example"));
  EXPECT_EQ(ToYaml(model).error().message, "http.host is given twice");

  model = WithHost("h.example");
  model.outputs[0].properties.pop_back();
  EXPECT_EQ(ToYaml(model).error().message, "http.port is missing");

  model = WithHost("h.example");
  model.outputs[0].properties.push_back(Set("format", "xml"));
  EXPECT_EQ(ToYaml(model).error().code, ErrorCode::kInvalid);

  model = WithHost("h.example");
  model.outputs[0].properties.push_back(Set("storage.total_limit_size", "1 G"));
  EXPECT_EQ(ToYaml(model).error().code, ErrorCode::kInvalid);
}

TEST(FluentBit, SecretsAreNamedByTheirFileOnly) {
  Model model = WithHost("h.example");
  model.outputs[0].properties.push_back(SetSecret("http_passwd", "", "/etc/belvedere/secrets/a/b"));
  const Result<std::string> yaml = ToYaml(model);
  ASSERT_TRUE(yaml);
  EXPECT_NE(yaml->find("uri: \"file:///etc/belvedere/secrets/a/b\""), std::string::npos) << *yaml;

  model.outputs[0].properties.back() = SetSecret("http_passwd", "", "/etc/../proc/1/environ");
  EXPECT_FALSE(ToYaml(model));
}

TEST(FluentBit, SchemaNamesEachKeyOnce) {
  std::set<std::tuple<SectionKind, std::string_view, std::string_view>> seen;
  for (const KeySchema& row : Schema()) {
    EXPECT_TRUE(seen.insert({row.section, row.plugin, row.key}).second) << row.key;
    EXPECT_EQ(row.type == KeyType::kWord, !row.words.empty()) << row.key;
  }
}

}  // namespace
}  // namespace belvedere::config::fluentbit

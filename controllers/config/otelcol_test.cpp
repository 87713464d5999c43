#include "controllers/config/otelcol.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <random>

#include "controllers/config/testing/random_models.h"

namespace belvedere::config::otelcol {
namespace {

Model Minimal(Json settings) {
  return {.receivers = {{.type = "otlp", .id = {}}},
          .exporters = {{.type = "debug", .id = "a", .settings = std::move(settings)}},
          .pipelines = {
              {.id = "p", .receivers = {"otlp"}, .processors = {}, .exporters = {"debug/a"}}}};
}

std::string ProblemOf(const Model& model) {
  const Result<std::string> yaml = ToYaml(model);
  return yaml ? "" : yaml.error().message;
}

// Builds models whose strings mean something to YAML, to the collector, or to a shell.
class ModelMaker {
 public:
  explicit ModelMaker(unsigned seed) : random_(seed) {}

  Model Make() {
    Model model;
    Fill("extension", model.extensions);
    Fill("receiver", model.receivers);
    Fill("processor", model.processors);
    Fill("exporter", model.exporters);
    model.pipelines.push_back({.id = "all",
                               .receivers = NamesOf(model.receivers),
                               .processors = NamesOf(model.processors),
                               .exporters = NamesOf(model.exporters)});
    if (Below(2) == 0) model.telemetry = {{"x", MakeValue(0)}};
    return model;
  }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

  std::string MakeText() {
    static const std::vector<std::string> kPieces{
        "a",   "0",    "~",    ": ", " #",      "- ",   "'",    "\"",           "\\", "$",
        "$$",  "{",    "}",    "%",  "file:/x", "|",    ">",    "&a",           "*",  "!!str",
        "---", "null", "true", " ",  "é",       "日本", "\\n",  "env:X",        "?",  "$(id)",
        ",",   "$1",   "..",   "=",  "<<",      "1e3",  "0x1f", "\xEF\xBB\xBF", "[",  "]"};
    std::string text;
    for (unsigned i = Below(6); i < 5; ++i) {
      text += kPieces[Below(static_cast<unsigned>(kPieces.size()))];
      const std::size_t at = text.find("${");
      if (at != std::string::npos) text.erase(at + 1);
    }
    return text;
  }

  Json MakeValue(int depth) {
    switch (Below(depth > 2 ? 5 : 7)) {
      case 0:
        return std::int64_t{Below(100000)};
      case 1:
        return Below(2) == 0;
      case 2:
        return Json{{kFileMarker, "/etc/belvedere/secrets/s/" + std::to_string(Below(9))},
                    {kPrefixMarker, Below(2) == 0 ? "" : "Bearer "}};
      case 3:
      case 4:
        return MakeText();
      case 5: {
        Json list = Json::array();
        for (unsigned i = Below(3); i < 3; ++i) list.push_back(MakeValue(depth + 1));
        return list;
      }
      default:
        return MakeObject(depth + 1);
    }
  }

  Json MakeObject(int depth) {
    Json object = Json::object();
    for (unsigned i = Below(3); i < 3; ++i) {
      std::string key = MakeText();
      std::erase(key, '$');
      object[key] = MakeValue(depth);
    }
    return object;
  }

  void Fill(const std::string& type, std::vector<Component>& components) {
    for (unsigned i = 0; i <= Below(2); ++i) {
      components.push_back({.type = type, .id = std::to_string(i), .settings = MakeObject(0)});
    }
  }

  static std::vector<std::string> NamesOf(const std::vector<Component>& components) {
    std::vector<std::string> names;
    for (const Component& component : components) names.push_back(NameOf(component));
    return names;
  }

  std::mt19937 random_;
};

// What the collector makes of a scalar: references are looked up, then `$$` is `$`.
std::string Expanded(const std::string& text) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "$$") == 0)
      ++i;
    else if (text.compare(i, 2, "${") == 0)
      expanded += "<reference>";
    expanded += text[i];
  }
  return expanded;
}

std::string Expected(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

// Empty: `node` holds exactly `value`.
std::string Difference(const Json& value, const YAML::Node& node) {
  if (value.is_object() && value.contains(kFileMarker)) {
    const std::string wanted =
        StringAt(value, "/$prefix") + "<reference>${file:" + StringAt(value, "/$file") + "}";
    return Expanded(node.Scalar()) == wanted ? "" : "reference " + node.Scalar();
  }
  if (value.is_object()) {
    if (!node.IsMap() || node.size() != value.size()) return "map of another size";
    for (const auto& entry : node) {
      const auto found = value.find(entry.first.Scalar());
      if (found == value.end()) return "key " + entry.first.Scalar();
      if (const std::string problem = Difference(*found, entry.second); !problem.empty()) {
        return problem;
      }
    }
    return "";
  }
  if (value.is_array()) {
    if (!node.IsSequence() || node.size() != value.size()) return "list of another size";
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (const std::string problem = Difference(value[i], node[i]); !problem.empty()) {
        return problem;
      }
    }
    return "";
  }
  if (!node.IsScalar()) return "no scalar for " + value.dump();
  return Expanded(node.Scalar()) == Expected(value) ? "" : "scalar " + node.Scalar();
}

std::string Difference(const std::vector<Component>& components, const YAML::Node& section) {
  Json wanted = Json::object();
  for (const Component& component : components) wanted[NameOf(component)] = component.settings;
  return Difference(wanted, section);
}

std::string Difference(const Model& model, const YAML::Node& root) {
  Json service = {{"extensions", Json::array()}, {"pipelines", Json::object()}};
  for (const Component& item : model.extensions) service["extensions"].push_back(NameOf(item));
  for (const Pipeline& pipeline : model.pipelines) {
    service["pipelines"]["logs/" + pipeline.id] = {{"receivers", pipeline.receivers},
                                                   {"processors", pipeline.processors},
                                                   {"exporters", pipeline.exporters}};
  }
  if (!model.telemetry.empty()) service["telemetry"] = model.telemetry;
  return Difference(model.extensions, root["extensions"]) +
         Difference(model.receivers, root["receivers"]) +
         Difference(model.processors, root["processors"]) +
         Difference(model.exporters, root["exporters"]) + Difference(service, root["service"]) +
         (root.size() == 5 ? "" : "other sections");
}

TEST(OtelcolTest, RandomModelsComeBackAsTheyWere) {
  ModelMaker maker(20261121);
  for (unsigned i = 0; i < kRandomModels; ++i) {
    const Model model = maker.Make();
    const Result<std::string> yaml = ToYaml(model);
    ASSERT_TRUE(yaml) << yaml.error().message;
    ASSERT_EQ(Difference(model, YAML::Load(*yaml)), "") << i << "\n" << *yaml;
  }
}

TEST(OtelcolTest, DifferenceIsSeen) {
  const Model model = Minimal({{"a", "x$y"}});
  const Result<std::string> yaml = ToYaml(model);
  ASSERT_TRUE(yaml);
  EXPECT_NE(yaml->find("x$$y"), std::string::npos) << *yaml;
  const YAML::Node root = YAML::Load(*yaml);
  EXPECT_EQ(Difference(model.exporters, root["exporters"]), "");
  EXPECT_NE(Difference(Minimal({{"a", "x"}}).exporters, root["exporters"]), "");
  EXPECT_NE(Difference(Minimal({{"b", "x$y"}}).exporters, root["exporters"]), "");
}

TEST(OtelcolTest, InjectionsAreRefusedWithTheirSetting) {
  const std::vector<std::string> payloads{
      "${env:HOME}", "a\nb",           "a\rb",           std::string("a\0b", 3), "a\tb", "a\x7F",
      "a\xC2\x85z",  "a\xE2\x80\xA8z", "a\xE2\x80\xA9z", "$${file:/etc/passwd}"};
  for (const std::string& payload : payloads) {
    EXPECT_EQ(ProblemOf(Minimal({{"x", {{"y", payload}}}})).rfind("debug/a.x.y ", 0), 0U)
        << payload;
    EXPECT_NE(ProblemOf(Minimal({{payload, "v"}})), "") << payload;
    EXPECT_NE(ProblemOf(Minimal({{"x", {{kFileMarker, payload}}}})), "") << payload;
    EXPECT_NE(ProblemOf(Minimal({{"x", {{kFileMarker, "/f"}, {kPrefixMarker, payload}}}})), "");
  }
  EXPECT_NE(ProblemOf(Minimal({{"x", "\xFF"}})), "");
  EXPECT_EQ(ProblemOf(Minimal({{"x", {{kFileMarker, "/a/../b"}}}})),
            "debug/a.x is not a file's path");
  EXPECT_EQ(ProblemOf(Minimal({{"x", {{kFileMarker, "/a"}, {"y", "z"}}}})),
            "debug/a.x mixes a file with other settings");
}

TEST(OtelcolTest, BrokenWiringIsRefused) {
  Model twice = Minimal(Json::object());
  twice.exporters.push_back(twice.exporters[0]);
  EXPECT_EQ(ProblemOf(twice), "debug/a stands twice in exporters");

  Model unused = Minimal(Json::object());
  unused.processors.push_back({.type = "batch", .id = {}});
  EXPECT_EQ(ProblemOf(unused), "batch is used by no pipeline");

  Model unknown = Minimal(Json::object());
  unknown.pipelines[0].processors = {"batch"};
  EXPECT_EQ(ProblemOf(unknown), "batch is not a component");

  Model sinkless = Minimal(Json::object());
  sinkless.pipelines[0].exporters.clear();
  EXPECT_EQ(ProblemOf(sinkless), "logs/p needs a receiver and an exporter");

  Model named = Minimal(Json::object());
  named.pipelines[0].id = "a/b";
  EXPECT_EQ(ProblemOf(named), "logs/a/b is not a pipeline's name");
}

TEST(OtelcolTest, OttlStringsCannotBeLeft) {
  EXPECT_EQ(OttlString("plain"), R"("plain")");
  EXPECT_EQ(OttlString(R"(a"b)"), R"("a\"b")");
  EXPECT_EQ(OttlString(R"(\)"), R"("\\")");
  EXPECT_EQ(OttlString(R"(\") or true)"), R"("\\\") or true")");
  EXPECT_EQ(OttlReplacement("$1"), R"("$$1")");
}

}  // namespace
}  // namespace belvedere::config::otelcol

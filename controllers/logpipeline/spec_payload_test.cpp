#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/config/yaml.h"
#include "controllers/logpipeline/fluentbit_config.h"
#include "controllers/logpipeline/spec.h"

// The API server refuses what is tried here as well (e2e/logpipeline_spec_test.py). Nothing relies
// on that: what comes past it reaches no engine.
namespace belvedere::logpipeline {
namespace {

Json EveryString() {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "testdata/spec";
  std::ifstream file(path / "every-string.yaml");
  std::stringstream text;
  text << file.rdbuf();
  return config::ParseYaml(text.str()).value();
}

struct Place {
  Json::json_pointer object;  // the object or list that holds the string
  std::string key;            // of a field or of a map, or the index
  enum class Part { kValue, kKey } part = Part::kValue;

  std::string ToString() const {
    return object.to_string() + "/" + key + (part == Part::kKey ? " (key)" : "");
  }
};

void FindStrings(const Json& node, const Json::json_pointer& at, std::vector<Place>& places) {
  const bool map = at.to_string().ends_with("/headers") || at.to_string().ends_with("/matchLabels");
  for (const auto& [key, value] : node.items()) {
    if (map) places.push_back({at, key, Place::Part::kKey});
    if (value.is_string()) {
      places.push_back({at, key});
    } else if (node.is_array()) {
      FindStrings(value, at / std::stoul(key), places);
    } else if (value.is_structured()) {
      FindStrings(value, at / key, places);
    }
  }
}

Json With(Json spec, const Place& place, const std::string& payload) {
  Json& object = spec[place.object];
  if (place.part == Place::Part::kKey) {
    Json value = object[place.key];
    object.erase(place.key);
    object[payload] = std::move(value);
  } else if (object.is_array()) {
    object[std::stoul(place.key)] = payload;
  } else {
    object[place.key] = payload;
  }
  return spec;
}

Status Rendered(const Json& json) {
  const Result<Spec> spec = ParseSpec(json);
  if (!spec) return Fail(spec.error());
  return fluentbit::Check(MakePipeline(*spec, {"belvedere-node", "platform"}, "a", "b"));
}

TEST(LogPipelineSpecPayloads, ReachNoEngine) {
  const Json spec = EveryString();
  ASSERT_TRUE(Rendered(spec)) << Rendered(spec).error().message;
  std::vector<Place> places;
  FindStrings(spec, Json::json_pointer(), places);
  EXPECT_GT(places.size(), 100U);
  const std::string payloads[] = {"a\n[OUTPUT]\n    Name exec",
                                  "a\r\n@INCLUDE /etc/passwd",
                                  "</match>\n<match **>\n  @type exec",
                                  std::string("a\0b", 3),
                                  "a\x7F",
                                  "${KUBERNETES_SERVICE_HOST}",
                                  "$${env:TOKEN}",
                                  "a\xC2\x85- name: exec",
                                  "a\xE2\x80\xA8[OUTPUT]",
                                  "a\xE2\x80\xA9[OUTPUT]"};
  for (const Place& place : places) {
    for (const std::string& payload : payloads) {
      EXPECT_FALSE(Rendered(With(spec, place, payload))) << place.ToString() << ": " << payload;
    }
  }
}

}  // namespace
}  // namespace belvedere::logpipeline

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

// The configuration of the OpenTelemetry collector, typed. Strings are data: none can become a
// reference to a variable, a file or another component.
namespace belvedere::config::otelcol {

// In settings, the object {kFileMarker: path, kPrefixMarker: "Bearer "} stands for the prefix and
// the content of a mounted file, which the collector reads when it starts.
inline constexpr const char* kFileMarker = "$file";
inline constexpr const char* kPrefixMarker = "$prefix";

// A receiver, processor, exporter or extension: <type>/<id>, or <type> where `id` is empty.
struct Component {
  std::string type;
  std::string id;
  Json settings = Json::object();

  bool operator==(const Component&) const = default;
};

std::string NameOf(const Component& component);

// logs/<id>: what flows from the receivers through the processors, in order, to the exporters.
struct Pipeline {
  std::string id;
  std::vector<std::string> receivers;
  std::vector<std::string> processors;
  std::vector<std::string> exporters;

  bool operator==(const Pipeline&) const = default;
};

struct Model {
  std::vector<Component> extensions;  // all are started, in order
  std::vector<Component> receivers;
  std::vector<Component> processors;
  std::vector<Component> exporters;
  std::vector<Pipeline> pipelines;
  Json telemetry = Json::object();

  bool operator==(const Model&) const = default;
};

// The model as a file of the collector; canonical. Error: kInvalid, which names the setting, for
// strings with control characters, line breaks or `${`, or that are not UTF-8; for names that are
// used twice or that nothing has, and for components that no pipeline uses, which the collector
// would pass over in silence.
Result<std::string> ToYaml(const Model& model);

// `text` as a string literal of OTTL. Control characters are left to ToYaml to refuse.
std::string OttlString(std::string_view text);
// `text` as the replacement of OTTL's replace_pattern, in which `$` stands for no group.
std::string OttlReplacement(std::string_view text);

}  // namespace belvedere::config::otelcol

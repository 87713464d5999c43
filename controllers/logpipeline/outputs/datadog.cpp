#include <algorithm>
#include <cctype>

#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;

struct DatadogOutput : OutputSettings {
  std::string site;
  SecretKey api_key;
  std::string service;
  std::string source;
  std::vector<std::string> tags;

  void Read(FieldReader& reader) {
    site = reader.Has("site") ? ReadHost(reader, "site")
                              : reader.Text("site", 253).value_or("datadoghq.com");
    api_key = ReadRequiredSecretKey(reader, "apiKeyRef");
    service = ReadText(reader, "service", 100).value_or("");
    source = ReadText(reader, "source", 100).value_or("");
    tags = ReadTexts(reader, "tags");
    for (std::size_t i = 0; i < tags.size(); ++i) {
      if (tags[i].find(',') == std::string::npos && !tags[i].empty()) continue;
      reader.Note("tags[" + std::to_string(i) + "]", "must be one tag, such as team:shop");
    }
  }

  std::vector<SecretKey> Secrets() const { return {api_key}; }

  Result<OtelExporter> Otel(const OutputContext&) const {
    using Of = OtelExporter::Attribute::Of;
    OtelExporter exporter{.type = "datadog",
                          .settings = {{"api", {{"site", site}, {"key", FromFile(api_key)}}}}};
    if (!service.empty()) {
      exporter.attributes.push_back({.of = Of::kResource, .key = "service.name", .value = service});
    }
    if (!source.empty()) {
      exporter.attributes.push_back({.of = Of::kRecord, .key = "ddsource", .value = source});
    }
    if (!tags.empty()) {
      exporter.attributes.push_back({.of = Of::kRecord, .key = "ddtags", .value = TagList()});
    }
    return exporter;
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    FluentBitOutput output{.name = "datadog"};
    const Url intake{.host = "http-intake.logs." + site, .port = 443};
    AddFluentBitServer(intake, Tls{}, output);
    output.properties.push_back(FluentBitSecret("apikey", api_key));
    const std::pair<const char*, std::string> optional[] = {
        {"dd_service", service}, {"dd_source", source}, {"dd_tags", TagList()}};
    for (const auto& [key, value] : optional) {
      if (!value.empty()) output.properties.push_back(Set(key, value));
    }
    output.properties.push_back(Set("compress", "gzip"));
    return output;
  }

 private:
  std::string TagList() const {
    std::string list;
    for (const std::string& tag : tags) list += (list.empty() ? "" : ",") + tag;
    return list;
  }
};

}  // namespace

OutputKind DatadogKind() { return RowOf<DatadogOutput>("datadog", "Datadog"); }

}  // namespace belvedere::logpipeline

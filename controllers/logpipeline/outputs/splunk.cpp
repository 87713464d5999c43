#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;

constexpr int kCollectorPort = 8088;

struct SplunkOutput : OutputSettings {
  std::string host;
  int port = kCollectorPort;
  SecretKey token;
  std::string index;
  std::string source;
  std::string source_type;
  Tls tls;

  void Read(FieldReader& reader) {
    host = ReadHost(reader, "host");
    port = ReadPort(reader, "port", kCollectorPort);
    token = ReadRequiredSecretKey(reader, "tokenRef");
    index = ReadText(reader, "index", 80).value_or("");
    source = ReadText(reader, "source", 256).value_or("");
    source_type = ReadText(reader, "sourcetype", 128).value_or("");
    tls = ReadTls(reader);
  }

  std::vector<SecretKey> Secrets() const {
    std::vector<SecretKey> keys{token};
    tls.AddSecrets(keys);
    return keys;
  }

  Url Server() const {
    return {.scheme = tls.mode == Tls::Mode::kOff ? Url::Scheme::kHttp : Url::Scheme::kHttps,
            .host = host,
            .port = port,
            .path = "/services/collector"};
  }

  Result<OtelExporter> Otel(const OutputContext&) const {
    Json settings = {{"endpoint", Server().ToString()},
                     {"token", FromFile(token)},
                     {"tls", OtelTls(tls)},
                     {"splunk_app_name", "belvedere"}};
    if (!index.empty()) settings["index"] = index;
    if (!source.empty()) settings["source"] = source;
    if (!source_type.empty()) settings["sourcetype"] = source_type;
    return OtelExporter{.type = "splunk_hec", .settings = std::move(settings)};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    FluentBitOutput output{.name = "splunk"};
    AddFluentBitServer(Server(), tls, output);
    output.properties.push_back(FluentBitSecret("splunk_token", token));
    const std::pair<const char*, const std::string&> optional[] = {
        {"event_index", index}, {"event_source", source}, {"event_sourcetype", source_type}};
    for (const auto& [key, value] : optional) {
      if (!value.empty()) output.properties.push_back(Set(key, value));
    }
    output.properties.push_back(Set("compress", "gzip"));
    return output;
  }
};

}  // namespace

OutputKind SplunkKind() { return RowOf<SplunkOutput>("splunk", "Splunk"); }

}  // namespace belvedere::logpipeline

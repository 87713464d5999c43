#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::SetList;
using config::fluentbit::Toggle;

constexpr const char* kReceiver = "/receiver/v1/http/";

// The address of a collector is a secret as a whole (endpointRef); its last part alone is as well
// (host and tokenRef), and an engine that needs host and path apart takes that form.
struct SumoLogicOutput : OutputSettings {
  std::optional<SecretKey> endpoint;
  std::string host;
  std::optional<SecretKey> token;
  std::string category;

  void Read(FieldReader& reader) {
    endpoint = ReadSecretKey(reader, "endpointRef");
    if (reader.Has("host")) host = ReadHost(reader, "host");
    token = ReadSecretKey(reader, "tokenRef");
    category = ReadText(reader, "sourceCategory", 256).value_or("");
    if (category.find('"') != std::string::npos) {
      reader.Note("sourceCategory", "must not hold a quotation mark");
    }
    const bool split = !host.empty() && token;
    const bool partly = !host.empty() || token;
    if (endpoint ? partly : !split) {
      reader.Note("", "needs endpointRef, or host and tokenRef");
    }
  }

  std::vector<SecretKey> Secrets() const {
    if (endpoint) return {*endpoint};
    return token ? std::vector{*token} : std::vector<SecretKey>{};
  }

  Result<OtelExporter> Otel(const OutputContext&) const {
    Json settings = {{"endpoint", endpoint ? FromFile(*endpoint)
                                           : FromFile(*token, "https://" + host + kReceiver)},
                     {"log_format", "json"}};
    if (!category.empty()) settings["headers"] = {{"X-Sumo-Category", category}};
    return OtelExporter{.type = "sumologic", .settings = std::move(settings)};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    if (!token) {
      return Fail(
          ErrorCode::kInvalid,
          "endpointRef: Fluent Bit needs host and tokenRef, since it takes no whole address");
    }
    FluentBitOutput output{.name = "http"};
    AddFluentBitServer({.host = host, .port = 443}, Tls{}, output);
    output.properties.push_back(FluentBitSecret("uri", *token, kReceiver));
    output.properties.push_back(Set("format", "json_lines"));
    output.properties.push_back(Set("json_date_key", "timestamp"));
    output.properties.push_back(Set("json_date_format", "iso8601"));
    output.properties.push_back(Set("compress", "gzip"));
    output.properties.push_back(Set("log_response_payload", Toggle::kOff));
    if (!category.empty()) {
      output.properties.push_back(SetList("header", {"X-Sumo-Category " + category}));
    }
    return output;
  }
};

}  // namespace

OutputKind SumoLogicKind() { return RowOf<SumoLogicOutput>("sumologic", "Sumo Logic"); }

}  // namespace belvedere::logpipeline

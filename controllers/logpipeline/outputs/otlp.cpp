#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/headers.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::SetList;
using config::fluentbit::Toggle;

enum class Protocol { kGrpc, kHttp };

struct OtlpOutput : OutputSettings {
  Url url;
  Protocol protocol = Protocol::kHttp;
  Tls tls;
  Account account;
  Headers headers;

  void Read(FieldReader& reader) {
    static const FieldReader::Choices<Protocol> kProtocols{{"HTTP", Protocol::kHttp},
                                                           {"GRPC", Protocol::kGrpc}};
    url = ReadUrl(reader, "url");
    protocol = reader.Choice("protocol", kProtocols, Protocol::kHttp);
    tls = ReadTls(reader, "url", url);
    account = ReadAccount(reader);
    headers = ReadHeaders(reader);
    if (protocol == Protocol::kGrpc && !url.path.empty()) {
      reader.Note("url", "has a path, which protocol GRPC does not take");
    }
  }

  std::vector<SecretKey> Secrets() const { return SecretsOf(tls, account); }

  Result<OtelExporter> Otel(const OutputContext&) const {
    const bool grpc = protocol == Protocol::kGrpc;
    OtelExporter exporter{.type = grpc ? "otlp_grpc" : "otlp_http",
                          .settings = {{"endpoint", grpc ? url.host + ":" + std::to_string(url.port)
                                                         : url.ToString()},
                                       {"tls", OtelTls(tls)}},
                          .auth = OtelAuth(account)};
    if (!headers.empty()) exporter.settings["headers"] = headers;
    return exporter;
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    FluentBitOutput output{.name = "opentelemetry"};
    AddFluentBitServer(url, tls, output);
    if (protocol == Protocol::kGrpc) {
      output.properties.push_back(Set("grpc", Toggle::kOn));
    } else {
      output.properties.push_back(Set("logs_uri", url.path + "/v1/logs"));
    }
    output.properties.push_back(SetList("logs_body_key", {"$log"}));
    output.properties.push_back(Set("logs_body_key_attributes", Toggle::kOn));
    output.properties.push_back(Set("compress", "gzip"));
    output.properties.push_back(Set("log_response_payload", Toggle::kOff));
    AddFluentBitUser(account, output);
    AddFluentBitHeaders(headers, account, output);
    return output;
  }
};

}  // namespace

OutputKind OtlpKind() { return RowOf<OtlpOutput>("otlp", "OTLP"); }

}  // namespace belvedere::logpipeline

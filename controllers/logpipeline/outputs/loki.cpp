#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"
#include "controllers/logpipeline/outputs/loki_client.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;

constexpr const char* kTenantHeader = "X-Scope-OrgID";

struct LokiOutput : OutputSettings {
  LokiClient client;

  void Read(FieldReader& reader) {
    client.url = ReadUrl(reader, "url");
    client.tls = ReadTls(reader, "url", client.url);
    client.tenant = ReadText(reader, "tenantID", 150).value_or("");
    client.account = ReadAccount(reader);
  }

  std::vector<SecretKey> Secrets() const { return SecretsOf(client.tls, client.account); }

  Result<OtelExporter> Otel(const OutputContext&) const { return client.Otel(); }
  Result<FluentBitOutput> FluentBit(const OutputContext& context) const {
    return client.FluentBit(context);
  }
};

}  // namespace

OtelExporter LokiClient::Otel() const {
  OtelExporter exporter{.type = "otlp_http",
                        .settings = {{"endpoint", url.ToString() + "/otlp"}, {"tls", OtelTls(tls)}},
                        .auth = OtelAuth(account)};
  if (!tenant.empty()) exporter.settings["headers"] = {{kTenantHeader, tenant}};
  return exporter;
}

FluentBitOutput LokiClient::FluentBit(const OutputContext& context) const {
  FluentBitOutput output{.name = "loki"};
  AddFluentBitServer(url, tls, output);
  output.properties.push_back(Set("uri", url.path + "/loki/api/v1/push"));
  if (!tenant.empty()) output.properties.push_back(Set("tenant_id", tenant));
  // The names that Loki itself makes of the resource attributes of OTLP, so that queries do not
  // depend on the engine. The label of the pipeline is on records without a pod as well.
  output.properties.push_back(
      Set("labels", "belvedere_pipeline=" + context.pipeline +
                        ", k8s_namespace_name=$kubernetes['namespace_name']"
                        ", k8s_container_name=$kubernetes['container_name']"));
  output.properties.push_back(
      Set("structured_metadata", "k8s_pod_name=$kubernetes['pod_name'], log_iostream=$stream"));
  output.properties.push_back(Set("remove_keys", "kubernetes, stream, _p, time"));
  output.properties.push_back(Set("drop_single_key", "raw"));
  output.properties.push_back(Set("line_format", "json"));
  output.properties.push_back(Set("compress", "gzip"));
  AddFluentBitUser(account, output);
  if (account.bearer_token) {
    output.properties.push_back(FluentBitSecret("bearer_token", *account.bearer_token));
  }
  return output;
}

OutputKind LokiKind() { return RowOf<LokiOutput>("loki", "Loki"); }

}  // namespace belvedere::logpipeline

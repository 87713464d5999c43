#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"
#include "controllers/logpipeline/outputs/search_client.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::Toggle;

struct ElasticsearchOutput : OutputSettings {
  std::vector<Url> hosts;
  std::string index;
  Tls tls;
  Account account;
  std::optional<SecretKey> api_key;

  void Read(FieldReader& reader) {
    hosts = ReadHosts(reader);
    index = ReadIndex(reader);
    tls = ReadTls(reader, "hosts", hosts.empty() ? Url{} : hosts.front());
    account = ReadAccount(reader);
    api_key = ReadSecretKey(reader, "apiKeyRef");
    if (account.bearer_token) reader.Note("bearerTokenRef", "is not supported; use apiKeyRef");
    if (api_key && account.username) reader.Note("apiKeyRef", "cannot stand beside usernameRef");
  }

  std::vector<SecretKey> Secrets() const {
    std::vector<SecretKey> keys = SecretsOf(tls, account);
    if (api_key) keys.push_back(*api_key);
    return keys;
  }

  Result<OtelExporter> Otel(const OutputContext&) const {
    Json endpoints = Json::array();
    for (const Url& host : hosts) endpoints.push_back(host.ToString());
    OtelExporter exporter{
        .type = "elasticsearch",
        .settings = {{"endpoints", endpoints}, {"logs_index", index}, {"tls", OtelTls(tls)}},
        .retries = OtelExporter::Retries::kByExporter};
    if (api_key) exporter.settings["api_key"] = FromFile(*api_key);
    if (account.username) {
      exporter.settings["user"] = FromFile(*account.username);
      exporter.settings["password"] = FromFile(*account.password);
    }
    return exporter;
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    if (hosts.size() != 1) {
      return Fail(ErrorCode::kInvalid, "hosts: Fluent Bit sends to one host; name a load balancer");
    }
    FluentBitOutput output = SearchFluentBit(
        "es", {.url = hosts.front(), .tls = tls, .account = account, .index = index});
    if (api_key) output.properties.push_back(FluentBitSecret("http_api_key", *api_key));
    return output;
  }
};

}  // namespace

std::string ReadIndex(FieldReader& reader) {
  const std::string index = ReadText(reader, "index", 255).value_or("");
  const std::string stream = ReadText(reader, "dataStream", 255).value_or("");
  if (index.empty() == stream.empty()) reader.Note("", "needs index or dataStream, and one only");
  return index.empty() ? stream : index;
}

std::vector<Url> ReadHosts(FieldReader& reader) {
  std::vector<Url> hosts;
  const std::vector<std::string> texts = ReadTexts(reader, "hosts");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string key = "hosts[" + std::to_string(i) + "]";
    const Result<Url> url = ParseUrl(texts[i]);
    if (!url) {
      reader.Note(key, url.error().message);
      continue;
    }
    hosts.push_back(*url);
    if (url->scheme != hosts.front().scheme) reader.Note(key, "has another scheme than the first");
  }
  if (texts.empty()) reader.Note("hosts", "needs at least one URL");
  return hosts;
}

FluentBitOutput SearchFluentBit(std::string plugin, const SearchTarget& target) {
  FluentBitOutput output{.name = std::move(plugin)};
  AddFluentBitServer(target.url, target.tls, output);
  if (!target.url.path.empty()) output.properties.push_back(Set("path", target.url.path));
  output.properties.push_back(Set("index", target.index));
  // Creating is the only operation that a data stream takes, and an index takes it as well.
  output.properties.push_back(Set("write_operation", "create"));
  output.properties.push_back(Set("suppress_type_name", Toggle::kOn));
  output.properties.push_back(Set("replace_dots", Toggle::kOn));
  output.properties.push_back(Set("trace_error", Toggle::kOn));
  output.properties.push_back(Set("buffer_size", "512k"));
  output.properties.push_back(Set("compress", "gzip"));
  AddFluentBitUser(target.account, output);
  return output;
}

OutputKind ElasticsearchKind() {
  return RowOf<ElasticsearchOutput>("elasticsearch", "Elasticsearch");
}

}  // namespace belvedere::logpipeline

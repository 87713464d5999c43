#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"
#include "controllers/logpipeline/outputs/search_client.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;

struct OpenSearchOutput : OutputSettings {
  SearchTarget target;

  void Read(FieldReader& reader) {
    target.url = ReadUrl(reader, "url");
    target.index = ReadIndex(reader);
    target.tls = ReadTls(reader, "url", target.url);
    target.account = ReadAccount(reader);
    if (target.account.bearer_token) reader.Note("bearerTokenRef", "is not supported");
  }

  std::vector<SecretKey> Secrets() const { return SecretsOf(target.tls, target.account); }

  Result<OtelExporter> Otel(const OutputContext&) const {
    return OtelExporter{
        .type = "opensearch",
        .settings = {{"http", {{"endpoint", target.url.ToString()}, {"tls", OtelTls(target.tls)}}},
                     {"logs_index", target.index}},
        .auth = OtelAuth(target.account, "/http/auth")};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    return SearchFluentBit("opensearch", target);
  }
};

}  // namespace

OutputKind OpenSearchKind() { return RowOf<OpenSearchOutput>("opensearch", "OpenSearch"); }

}  // namespace belvedere::logpipeline

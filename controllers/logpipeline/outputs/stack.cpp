#include "controllers/config/loki.h"
#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"
#include "controllers/logpipeline/outputs/loki_client.h"
#include "controllers/operands/loki.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;

struct StackOutput : OutputSettings {
  kube::ObjectKey stack;

  void Read(FieldReader& reader) {
    stack.name = ReadRequired(reader, "name", 36);
    stack.ns = ReadRequired(reader, "namespace", 63);
    if (stack.ns.find('.') != std::string::npos) reader.Note("namespace", "is not a namespace");
  }

  std::vector<SecretKey> Secrets() const { return {}; }
  kube::ObjectKey Stack() const { return stack; }

  LokiClient Client(const OutputContext& context) const {
    const Url url{.scheme = Url::Scheme::kHttp,
                  .host = operands::LokiHost({.ns = stack.ns, .name = stack.name}),
                  .port = config::kLokiWebPort};
    return {.url = url, .tls = {.mode = Tls::Mode::kOff}, .tenant = context.tenant};
  }

  Result<OtelExporter> Otel(const OutputContext& context) const { return Client(context).Otel(); }
  Result<FluentBitOutput> FluentBit(const OutputContext& context) const {
    return Client(context).FluentBit(context);
  }
};

}  // namespace

OutputKind StackKind() { return RowOf<StackOutput>("stack", "the store of a MonitoringStack"); }

}  // namespace belvedere::logpipeline

#include "controllers/logpipeline/testing/otelcol_pipelines.h"

#include <stdexcept>

#include "controllers/config/yaml.h"

namespace belvedere::logpipeline::testing {
namespace {

constexpr Buffer kBuffer{.bytes_per_output = 1 << 30, .max_retries = 300};

}  // namespace

std::vector<Output> MakeOutputs(const std::string& yaml) {
  const Result<Json> spec = config::ParseYaml("outputs: " + yaml);
  if (!spec) throw std::invalid_argument(spec.error().message);
  config::FieldReader::Problems problems;
  config::FieldReader reader(*spec, "spec", problems);
  std::vector<Output> outputs = ParseOutputs(reader);
  if (!problems.empty()) throw std::invalid_argument(problems.front());
  return outputs;
}

std::vector<Filter> EveryFilter() {
  return {Drop{"log", "GET /(healthz|readyz)"},
          Drop{"kubernetes.container_name", "^sidecar$"},
          Parse{"log", Format::kJson},
          Parse{"message", Format::kLogfmt},
          Parse{"log", Format::kRegex, "^(?P<level>[A-Z]+) (?P<rest>.*)$"},
          Keep{"http.status", "^[45]"},
          Redact{"log", "\\b[0-9]{16}\\b", "$1****"},
          Redact{"user.name", ".+", "\"?\\"},
          Rename{"rest", "message"},
          Add{"team", "it's \"shop\" $5"},
          Sample{50}};
}

Pipeline PlatformPipeline() {
  return {.id = "p0",
          .ns = "belvedere-node",
          .name = "platform",
          .tenant = "platform",
          .containers = Containers{.excluded = {"kube-system"},
                                   .multiline = {Multiline::kJava, Multiline::kPython},
                                   .labels = {"app.kubernetes.io/name"}},
          .control_plane = Wanted::kYes,
          .audit = Audit{.paths = {"/var/log/kubernetes/audit/*.log"},
                         .dropped_verbs = {"get", "list", "watch"},
                         .dropped_users = {"system:node:*"}},
          .events = Wanted::kYes,
          .filters = {Drop{"log", "GET /(healthz|readyz)"}, Parse{"log", Format::kJson},
                      Redact{"log", "\\b[0-9]{16}\\b", "****"}},
          .outputs = MakeOutputs(
              "[{name: store, loki: {url: \"http://loki.example:3100\", tenantID: platform}},"
              "{name: archive, s3: {bucket: b, region: r-1,"
              " credentialsRef: {name: archive-s3}}}]"),
          .buffer = kBuffer};
}

Pipeline TenantPipeline(const std::string& ns) {
  return {.id = "t" + ns,
          .ns = ns,
          .name = "logs",
          .tenant = "uid-" + ns,
          .containers = Containers{.namespaces = {ns}},
          .filters = {Drop{"log", "GET /healthz"}, Parse{"log", Format::kJson},
                      Redact{"log", "\\b[0-9]{16}\\b", "****"}},
          .outputs = MakeOutputs("[{name: store, loki: {url: \"http://loki.example:3100\","
                                 " tenantID: uid-" +
                                 ns + "}}]"),
          .buffer = kBuffer,
          .gateway = "logs-gateway." + ns + ".svc"};
}

Pipeline ShopPipeline() {
  using Operator = config::LabelRequirement::Operator;
  Pipeline pipeline = TenantPipeline("shop");
  pipeline.containers->selector = {
      .match_labels = {{"app", "checkout"}},
      .match_expressions = {{.key = "tier", .op = Operator::kIn, .values = {"web"}},
                            {.key = "stage", .op = Operator::kNotIn, .values = {"test"}},
                            {.key = "owner", .op = Operator::kExists},
                            {.key = "quiet", .op = Operator::kDoesNotExist}}};
  pipeline.containers->labels = {"app"};
  pipeline.filters.clear();
  pipeline.outputs = MakeOutputs(
      "[{name: splunk, splunk: {host: hec.splunk.example, port: 8088, index: shop,"
      " tokenRef: {name: splunk, key: token}}},"
      "{name: datadog, datadog: {site: datadoghq.eu, apiKeyRef: {name: datadog, key: api-key},"
      " service: checkout, tags: [\"team:shop\"]}}]");
  return pipeline;
}

}  // namespace belvedere::logpipeline::testing

#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/config/fluentbit.h"
#include "controllers/config/otelcol.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/resource.h"

// Where a pipeline sends its records. Adding an output: one file, and one row in outputs.cpp.
namespace belvedere::logpipeline {

// One key of a Secret in the pipeline's own namespace. It is mounted and never read by us.
struct SecretKey {
  std::string secret;
  std::string key;

  auto operator<=>(const SecretKey&) const = default;
};

// Where every engine finds the Secrets of its pipelines: kSecretsDir/<secret>/<key>.
inline constexpr const char* kSecretsDir = "/etc/belvedere/secrets";
std::string MountedPath(const SecretKey& ref);

// In settings of a collector, the content of a mounted file (config/otelcol.h).
using config::otelcol::kFileMarker;
using config::otelcol::kPrefixMarker;
Json FromFile(const SecretKey& ref, std::string_view prefix = "");

// Base of the settings of one output, which only its own file knows.
struct OutputSettings {
  OutputSettings() = default;
  OutputSettings(const OutputSettings&) = delete;
  OutputSettings& operator=(const OutputSettings&) = delete;
  virtual ~OutputSettings() = default;
};

// What an output must know of the pipeline that it belongs to.
struct OutputContext {
  std::string tenant;     // whose records these are in a store of several tenants
  std::string pipeline;   // <namespace>.<name>
  std::string state_dir;  // directory of the output's own disk state, writable by the engine
  // Bytes of disk that the output may use where it keeps a buffer of its own.
  std::int64_t buffer_bytes = 0;
};

// An exporter of the OpenTelemetry collector without queue and retries, which its engine adds.
struct OtelExporter {
  std::string type;
  Json settings;
  // An extension that authenticates the exporter: the engine names it, and sets
  // settings.<auth_path>.authenticator. Empty type: none.
  struct Auth {
    std::string type;
    Json settings;
    std::string path = "/auth";  // JSON pointer into the exporter's settings
  } auth;
  // kByExporter: it retries by its own rules and knows no retry_on_failure.
  enum class Retries { kByHelper, kByExporter } retries = Retries::kByHelper;
  // Attributes that each record must carry when it arrives at the exporter.
  struct Attribute {
    enum class Of { kResource, kRecord } of = Of::kResource;
    std::string key;
    std::string value;
  };
  std::vector<Attribute> attributes;
  // Statements of the transform processor (context log) that bring a record into the form that the
  // exporter reads. Constants of ours.
  std::vector<std::string> statements;
};

// An output of Fluent Bit without match, alias, retries and limits, which its engine adds.
using FluentBitOutput = config::fluentbit::Section;

// One kind of output: the table's row. All functions are pure.
struct OutputKind {
  std::string_view field;  // in the CRD: spec.outputs[].<field>
  std::string_view title;  // what people call it
  // Reads the object at `field`; problems go to the reader.
  std::shared_ptr<const OutputSettings> (*parse)(config::FieldReader& reader) = nullptr;
  std::vector<SecretKey> (*secrets)(const OutputSettings& settings) = nullptr;
  // Credentials of AWS: the program reads one file of them, so that all outputs of one pod share
  // it (variable AWS_SHARED_CREDENTIALS_FILE). Null: an output without.
  std::optional<SecretKey> (*aws_credentials)(const OutputSettings& settings) = nullptr;
  // The stack that the output writes to. Null: an output to somewhere else.
  kube::ObjectKey (*stack)(const OutputSettings& settings) = nullptr;
  // Error: kInvalid with the field below this output and what the engine cannot do with it.
  // Null: the engine cannot serve this output at all; then the reason stands beside it.
  Result<OtelExporter> (*otel)(const OutputSettings& settings,
                               const OutputContext& context) = nullptr;
  std::string_view no_otel;
  Result<FluentBitOutput> (*fluent_bit)(const OutputSettings& settings,
                                        const OutputContext& context) = nullptr;
  std::string_view no_fluent_bit;
};

// The table, in the order of the docs.
std::span<const OutputKind> OutputKinds();

struct Output {
  std::string name;                  // unique in its pipeline
  const OutputKind* kind = nullptr;  // a row of the table
  std::shared_ptr<const OutputSettings> settings;

  std::vector<SecretKey> Secrets() const;  // sorted, each once
  std::optional<SecretKey> AwsCredentials() const;
  std::optional<kube::ObjectKey> Stack() const;
};

// The one Secret of AWS that `outputs` share, maybe of several pipelines. Error: kInvalid
// where they name different ones: the program reads one file of them.
Result<std::optional<SecretKey>> SharedAwsCredentials(std::span<const Output> outputs);

// All Secrets of the outputs of one pod, sorted, each once.
std::vector<SecretKey> SecretsOf(std::span<const Output> outputs);

// Reads one item of spec.outputs. Nullopt: it has problems, which the reader has noted.
std::optional<Output> ParseOutput(config::FieldReader& item);

// Reads spec.outputs; also notes names that are used twice.
std::vector<Output> ParseOutputs(config::FieldReader& spec);

// A projected volume with exactly these keys, at the paths of MountedPath() below its mount point.
Json SecretsVolume(std::string_view volume, const std::vector<SecretKey>& keys);

}  // namespace belvedere::logpipeline

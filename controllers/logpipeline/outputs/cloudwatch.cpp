#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::Toggle;

struct CloudWatchOutput : OutputSettings {
  std::string region;
  std::string group;
  std::string stream;
  std::optional<std::int64_t> retention_days;
  std::optional<SecretKey> credentials;

  void Read(FieldReader& reader) {
    region = ReadRequired(reader, "region", 32);
    group = ReadRequired(reader, "logGroup", 512);
    stream = ReadText(reader, "logStream", 256).value_or("");
    retention_days = reader.Integer("retentionDays", 1, 3653);
    credentials = ReadSecret(reader, "credentialsRef", kAwsCredentialsKey);
  }

  std::vector<SecretKey> Secrets() const { return {}; }
  std::optional<SecretKey> AwsCredentials() const { return credentials; }

  Result<OtelExporter> Otel(const OutputContext& context) const {
    Json settings = {
        {"region", region}, {"log_group_name", group}, {"log_stream_name", Stream(context)}};
    if (retention_days) settings["log_retention"] = *retention_days;
    return OtelExporter{.type = "awscloudwatchlogs", .settings = std::move(settings)};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext& context) const {
    FluentBitOutput output{.name = "cloudwatch_logs",
                           .properties = {Set("region", region), Set("log_group_name", group),
                                          Set("log_stream_name", Stream(context)),
                                          Set("auto_create_group", Toggle::kOn)}};
    if (retention_days) {
      output.properties.push_back(Set("log_retention_days", *retention_days));
    }
    return output;
  }

 private:
  std::string Stream(const OutputContext& context) const {
    return stream.empty() ? context.pipeline : stream;
  }
};

}  // namespace

OutputKind CloudWatchKind() {
  return RowOf<CloudWatchOutput>("cloudwatch", "Amazon CloudWatch Logs");
}

}  // namespace belvedere::logpipeline

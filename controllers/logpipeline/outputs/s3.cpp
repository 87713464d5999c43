#include <algorithm>
#include <cctype>

#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::Toggle;

constexpr const char* kStorageClasses[] = {
    "STANDARD", "STANDARD_IA", "ONEZONE_IA",  "INTELLIGENT_TIERING",
    "GLACIER",  "GLACIER_IR",  "DEEP_ARCHIVE"};

struct S3Output : OutputSettings {
  std::string bucket;
  std::string region;
  std::string storage_class;
  std::string prefix;
  std::optional<Url> endpoint;
  std::optional<SecretKey> credentials;

  void Read(FieldReader& reader) {
    bucket = ReadRequired(reader, "bucket", 63);
    region = ReadRequired(reader, "region", 32);
    FieldReader::Choices<std::string> classes;
    for (const char* name : kStorageClasses) classes.emplace_back(name, name);
    storage_class = reader.Choice<std::string>("storageClass", classes, "");
    prefix = ReadText(reader, "prefix", 256).value_or("");
    // What stands for a date or a tag in one of the engines, and what leads out of a folder.
    const bool plain = std::ranges::all_of(prefix, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/' || c == '=';
    });
    if (!plain || prefix.find("..") != std::string::npos || prefix.starts_with('/')) {
      reader.Note("prefix", "must have letters, digits, - _ . = and / only, and no leading /");
    }
    while (prefix.ends_with('/')) prefix.pop_back();
    if (reader.Has("endpoint")) endpoint = ReadUrl(reader, "endpoint");
    credentials = ReadSecret(reader, "credentialsRef", kAwsCredentialsKey);
  }

  std::vector<SecretKey> Secrets() const { return {}; }
  std::optional<SecretKey> AwsCredentials() const { return credentials; }

  Result<OtelExporter> Otel(const OutputContext& context) const {
    Json uploader = {{"region", region},
                     {"s3_bucket", bucket},
                     {"s3_prefix", Folder(context)},
                     {"compression", "gzip"}};
    if (!storage_class.empty()) uploader["storage_class"] = storage_class;
    if (endpoint) {
      uploader["endpoint"] = endpoint->ToString();
      uploader["s3_force_path_style"] = true;
    }
    return OtelExporter{.type = "awss3", .settings = {{"s3uploader", std::move(uploader)}}};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext& context) const {
    FluentBitOutput output{
        .name = "s3",
        .properties = {Set("bucket", bucket), Set("region", region),
                       Set("s3_key_format",
                           "/" + Folder(context) + "/year=%Y/month=%m/day=%d/hour=%H/$UUID.gz"),
                       Set("compression", "gzip"), Set("use_put_object", Toggle::kOn),
                       Set("total_file_size", "50M"), Set("upload_timeout", "10m"),
                       // This output keeps its own buffer and ignores that of the service.
                       Set("store_dir", context.state_dir)}};
    if (context.buffer_bytes > 0) {
      output.properties.push_back(Set("store_dir_limit_size", context.buffer_bytes));
    }
    if (!storage_class.empty()) output.properties.push_back(Set("storage_class", storage_class));
    if (endpoint) output.properties.push_back(Set("endpoint", endpoint->ToString()));
    return output;
  }

 private:
  std::string Folder(const OutputContext& context) const {
    return prefix.empty() ? context.pipeline : prefix;
  }
};

}  // namespace

OutputKind S3Kind() { return RowOf<S3Output>("s3", "S3"); }

}  // namespace belvedere::logpipeline

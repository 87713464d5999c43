#include "controllers/logpipeline/outputs/output.h"

#include <algorithm>
#include <map>
#include <set>

#include "controllers/logpipeline/outputs/common.h"

namespace belvedere::logpipeline {

using config::FieldReader;

std::string MountedPath(const SecretKey& ref) {
  return std::string(kSecretsDir) + "/" + ref.secret + "/" + ref.key;
}

Json FromFile(const SecretKey& ref, std::string_view prefix) {
  Json value = {{kFileMarker, MountedPath(ref)}};
  if (!prefix.empty()) value[kPrefixMarker] = prefix;
  return value;
}

std::vector<SecretKey> Output::Secrets() const {
  std::vector<SecretKey> keys = kind->secrets(*settings);
  if (const std::optional<SecretKey> aws = AwsCredentials()) keys.push_back(*aws);
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::optional<SecretKey> Output::AwsCredentials() const {
  return kind->aws_credentials == nullptr ? std::nullopt : kind->aws_credentials(*settings);
}

std::optional<kube::ObjectKey> Output::Stack() const {
  if (kind->stack == nullptr) return std::nullopt;
  return kind->stack(*settings);
}

std::optional<Output> ParseOutput(FieldReader& item) {
  Output output{.name = ReadRequired(item, "name", 63)};
  std::string kinds;
  for (const OutputKind& kind : OutputKinds()) {
    kinds += (kinds.empty() ? "" : ", ") + std::string(kind.field);
    const std::string field(kind.field);
    const bool given = item.Has(field);
    FieldReader settings = item.Child(field);
    if (!given) continue;
    if (output.kind != nullptr) {
      item.Note(field, "cannot stand beside " + std::string(output.kind->field) +
                           ": an output sends to one place");
      continue;
    }
    output.kind = &kind;
    output.settings = kind.parse(settings);
    settings.RejectOthers();
  }
  item.RejectOthers();
  if (output.kind == nullptr) {
    item.Note("", "needs one of " + kinds);
    return std::nullopt;
  }
  return output;
}

std::vector<Output> ParseOutputs(FieldReader& spec) {
  std::vector<Output> outputs;
  std::set<std::string> names;
  for (FieldReader& item : spec.Items("outputs")) {
    std::optional<Output> output = ParseOutput(item);
    if (!output) continue;
    if (!names.insert(output->name).second) item.Note("name", "is used twice");
    outputs.push_back(std::move(*output));
  }
  return outputs;
}

Json SecretsVolume(std::string_view volume, const std::vector<SecretKey>& keys) {
  std::map<std::string, std::set<std::string>> by_secret;
  for (const SecretKey& key : keys) by_secret[key.secret].insert(key.key);
  Json sources = Json::array();
  for (const auto& [secret, names] : by_secret) {
    Json items = Json::array();
    for (const std::string& name : names) {
      items.push_back({{"key", name}, {"path", secret + "/" + name}});
    }
    sources.push_back({{"secret", {{"name", secret}, {"items", std::move(items)}}}});
  }
  return {{"name", volume},
          {"projected", {{"defaultMode", 0440}, {"sources", std::move(sources)}}}};
}

Result<std::optional<SecretKey>> SharedAwsCredentials(std::span<const Output> outputs) {
  std::optional<SecretKey> shared;
  std::string first;
  for (const Output& output : outputs) {
    const std::optional<SecretKey> own = output.AwsCredentials();
    if (!own) continue;
    if (shared && *own != *shared) {
      return Fail(ErrorCode::kInvalid,
                  "spec.outputs: the credentialsRef of " + output.name + " is Secret " +
                      own->secret + " and that of " + first + " is Secret " + shared->secret +
                      ", but one pod has one file of AWS credentials: use one Secret for all");
    }
    shared = own;
    first = output.name;
  }
  return shared;
}

std::vector<SecretKey> SecretsOf(std::span<const Output> outputs) {
  std::set<SecretKey> all;
  for (const Output& output : outputs) {
    for (SecretKey& key : output.Secrets()) all.insert(std::move(key));
  }
  return {all.begin(), all.end()};
}

}  // namespace belvedere::logpipeline

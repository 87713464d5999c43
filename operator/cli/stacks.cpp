#include "operator/cli/stacks.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "controllers/config/yaml.h"

namespace belvedere::cli {
namespace {

const kube::ResourceType& Type() { return monitoringstack::kMonitoringStack; }

bool IsOfOurGroup(const Json& object) {
  return StringAt(object, "/kind") == Type().kind &&
         StringAt(object, "/apiVersion").starts_with(std::string(Type().group) + "/");
}

}  // namespace

Result<operands::ImageTable> LoadImages(const ImageFlags& flags) {
  Json overrides = Json::object();
  if (!flags.file.empty()) {
    std::ifstream stream(flags.file, std::ios::binary);
    if (!stream) return Fail(ErrorCode::kNotFound, flags.file + ": cannot be opened");
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    Result<Json> parsed = config::ParseYaml(text);
    if (!parsed) return Fail(ErrorCode::kDecode, flags.file + ": " + parsed.error().message);
    if (!parsed->is_null()) overrides = *std::move(parsed);
  }
  if (!flags.registry.empty() && overrides.is_object()) overrides["registry"] = flags.registry;
  return operands::ImageTable::FromOverrides(overrides);
}

Result<std::vector<Primary>> StacksOf(const std::vector<Manifest>& manifests,
                                      const std::string& default_namespace) {
  std::vector<Primary> stacks;
  std::set<kube::ObjectKey> seen;
  for (const Manifest& manifest : manifests) {
    if (!IsOfOurGroup(manifest.object)) continue;
    const std::string version = StringAt(manifest.object, "/apiVersion");
    if (version != Type().ApiVersion()) {
      return Fail(ErrorCode::kInvalid, manifest.origin + ": apiVersion " + version +
                                           " is not known; write " + Type().ApiVersion());
    }
    if (!At(manifest.object, "/spec").is_object()) {
      return Fail(ErrorCode::kInvalid,
                  manifest.origin + ": spec: is missing; write 'spec: {}' for the defaults");
    }
    auto stack = std::make_shared<cache::Primary>(cache::DecodePrimary(manifest.object));
    if (stack->key.name.empty()) {
      return Fail(ErrorCode::kInvalid, manifest.origin + ": metadata.name: is missing");
    }
    if (stack->key.ns.empty()) stack->key.ns = default_namespace;
    if (!seen.insert(stack->key).second) {
      return Fail(ErrorCode::kInvalid, manifest.origin + ": " + NameOf(*stack) + " is there twice");
    }
    stacks.push_back(std::move(stack));
  }
  if (stacks.empty()) {
    return Fail(ErrorCode::kInvalid, "no " + std::string(Type().kind) + " in what -f names");
  }
  return stacks;
}

std::string NameOf(const cache::Primary& stack) {
  return std::string(Type().kind) + " " + kube::ToString(stack.key);
}

}  // namespace belvedere::cli

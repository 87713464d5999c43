#include "operator/cli/resources.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "controllers/alertpolicy/kind.h"
#include "controllers/config/yaml.h"
#include "controllers/logpipeline/kind.h"
#include "controllers/monitoringstack/kind.h"

namespace belvedere::cli {
namespace {

// The API server puts it on every namespace.
constexpr std::string_view kNamespaceNameLabel = "kubernetes.io/metadata.name";

bool IsOf(const kube::ResourceType& type, const Json& object) {
  return StringAt(object, "/kind") == type.kind() &&
         StringAt(object, "/apiVersion").starts_with(std::string(type.group()) + "/");
}

Result<Primary> Read(const runtime::Kind& kind, const Manifest& manifest,
                     const std::string& default_namespace) {
  const auto problem = [&manifest](const std::string& text) {
    return Fail(ErrorCode::kInvalid, manifest.origin + ": " + text);
  };
  const std::string version = StringAt(manifest.object, "/apiVersion");
  if (version != kind.type().ApiVersion()) {
    return problem("apiVersion " + version + " is not known; write " + kind.type().ApiVersion());
  }
  if (!At(manifest.object, "/spec").is_object()) {
    return problem("spec: is missing; write 'spec: {}' for the defaults");
  }
  auto resource = std::make_shared<cache::Primary>(cache::DecodePrimary(manifest.object));
  if (resource->key.name.empty()) return problem("metadata.name: is missing");
  if (resource->key.ns.empty()) resource->key.ns = default_namespace;
  return resource;
}

Result<std::vector<Primary>> Collect(const runtime::Kind& kind,
                                     const std::vector<Manifest>& manifests,
                                     const std::string& default_namespace) {
  std::vector<Primary> items;
  for (const Manifest& manifest : manifests) {
    if (!IsOf(kind.type(), manifest.object)) continue;
    Result<Primary> resource = Read(kind, manifest, default_namespace);
    if (!resource) return Fail(resource.error());
    const auto has_its_name = [&](const Primary& item) { return item->key == (*resource)->key; };
    if (std::ranges::any_of(items, has_its_name)) {
      return Fail(ErrorCode::kInvalid,
                  manifest.origin + ": " + NameOf(kind, **resource) + " is there twice");
    }
    items.push_back(*std::move(resource));
  }
  return items;
}

void AddLabels(const std::vector<Manifest>& manifests, runtime::World& world) {
  for (const Manifest& manifest : manifests) {
    if (StringAt(manifest.object, "/kind") != "Namespace") continue;
    cache::Namespace made = cache::DecodeNamespace(manifest.object);
    const cache::Namespace* known = world.namespaces.Find(made.key.name);
    if (known == nullptr) continue;
    made.uid = known->uid;
    made.labels.insert(known->labels.begin(), known->labels.end());
    world.namespaces.Put(std::move(made));
  }
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

std::vector<std::unique_ptr<const runtime::Kind>> AllKinds(const operands::ImageTable& images) {
  std::vector<std::unique_ptr<const runtime::Kind>> kinds;
  const auto policies = std::make_shared<const alertpolicy::Compiler>();
  kinds.push_back(std::make_unique<monitoringstack::MonitoringStackKind>(images, policies));
  kinds.push_back(std::make_unique<logpipeline::LogPipelineKind>(images));
  kinds.push_back(std::make_unique<alertpolicy::AlertPolicyKind>(policies));
  return kinds;
}

Result<std::vector<Resources>> ResourcesOf(const std::vector<Manifest>& manifests,
                                           const std::string& default_namespace, Kinds kinds) {
  std::vector<Resources> all;
  std::string names;
  for (const auto& kind : kinds) {
    Result<std::vector<Primary>> items = Collect(*kind, manifests, default_namespace);
    if (!items) return Fail(items.error());
    if (!items->empty()) all.push_back({.kind = *kind, .items = *std::move(items)});
    names += (names.empty() ? "" : " or ") + std::string(kind->type().kind());
  }
  if (all.empty()) return Fail(ErrorCode::kInvalid, "no " + names + " in what -f names");
  return all;
}

runtime::World WorldOf(const Resources& resources, const std::vector<Resources>& all,
                       const std::vector<Manifest>& manifests) {
  runtime::World world;
  const auto copy = [&world](const std::vector<Primary>& items, std::vector<Primary>& copies) {
    for (const Primary& item : items) {
      auto made = std::make_shared<cache::Primary>(*item);
      const std::string number = std::to_string(copies.size());
      made->uid = std::string(8 - std::min<std::size_t>(number.size(), 8), '0') + number;
      made->created.clear();
      const std::string& ns = made->key.ns;
      world.namespaces.Put({.key = {.ns = "", .name = ns},
                            .uid = "uid-of-" + ns,
                            .labels = {{std::string(kNamespaceNameLabel), ns}}});
      copies.push_back(std::move(made));
    }
  };
  copy(resources.items, world.peers);
  for (const kube::ResourceType& type : resources.kind.reads()) {
    for (const Resources& others : all) {
      if (others.kind.type() == type) copy(others.items, world.others[type]);
    }
  }
  AddLabels(manifests, world);
  return world;
}

std::string NameOf(const runtime::Kind& kind, const cache::Primary& resource) {
  return std::string(kind.type().kind()) + " " + kube::ToString(resource.key);
}

}  // namespace belvedere::cli

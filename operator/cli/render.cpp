#include <CLI/CLI.hpp>

#include "controllers/config/yaml.h"
#include "operator/cli/command.h"
#include "operator/cli/manifests.h"
#include "operator/cli/resources.h"
#include "operator/runtime/ownership.h"

namespace belvedere::cli {
namespace {

struct RenderFlags {
  std::vector<std::string> files;
  std::string ns = "default";
  std::string output = "yaml";
  ImageFlags images;
};

// As the executor applies it, without what only a cluster knows.
Json Rendered(const runtime::Kind& kind, const cache::Primary& resource,
              const runtime::Intent& intent) {
  Json object = runtime::OwnedIntent(kind, resource, intent);
  Json& metadata = object["metadata"];
  metadata.erase("ownerReferences");
  metadata["labels"].erase(cache::kOwnerUidLabel);
  return object;
}

Status Print(const std::vector<Json>& objects, const std::string& output, std::ostream& out) {
  if (output == "json") {
    out << Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", objects}}.dump(2) << "\n";
    return {};
  }
  for (const Json& object : objects) {
    const Result<std::string> yaml = config::ToYaml(object);
    if (!yaml) return Fail(yaml.error());
    out << "---\n" << *yaml;
  }
  return {};
}

// All objects of all resources, in apply order.
Result<std::vector<Json>> RenderAll(const std::vector<Resources>& all,
                                    const std::vector<Manifest>& manifests,
                                    const Streams& streams) {
  std::vector<Json> objects;
  for (const Resources& resources : all) {
    const runtime::Kind& kind = resources.kind;
    const runtime::World world = WorldOf(resources, all, manifests);
    for (const Primary& resource : world.peers) {
      const runtime::Plan plan = kind.MakePlan(*resource, world);
      const std::string name = NameOf(kind, *resource);
      if (plan.refused) {
        return Fail(ErrorCode::kInvalid,
                    name + ": " + plan.refused->reason + ": " + plan.refused->message);
      }
      if (plan.management == runtime::Management::kPaused) {
        streams.err << name << ": is paused; the operator would write none of this\n";
      }
      for (const auto& intent : plan.intents) objects.push_back(Rendered(kind, *resource, intent));
    }
  }
  return objects;
}

int RunRender(const RenderFlags& flags, const Streams& streams) {
  const Result<operands::ImageTable> images = LoadImages(flags.images);
  if (!images) return Complain(streams, images.error().message);
  const Result<std::vector<Manifest>> manifests = ReadManifests(flags.files, streams);
  if (!manifests) return Complain(streams, manifests.error().message);
  const auto kinds = AllKinds(*images);
  const Result<std::vector<Resources>> resources = ResourcesOf(*manifests, flags.ns, kinds);
  if (!resources) return Complain(streams, resources.error().message);
  const Result<std::vector<Json>> objects = RenderAll(*resources, *manifests, streams);
  if (!objects) return Complain(streams, objects.error().message);
  const Status printed = Print(*objects, flags.output, streams.out);
  return printed ? kOk : Complain(streams, printed.error().message);
}

}  // namespace

void AddRender(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("render", "Print every object of the resources, without a cluster");
  command.footer(
      "Objects are printed as the operator applies them, but for what only a cluster knows: the\n"
      "ownerReference and the label belvedere.dev/owner-uid are left out, and a tenant is called\n"
      "uid-of-<namespace>. The given resources are taken for the only ones, created in their\n"
      "order. Of Namespaces in the input the labels count; other objects are ignored.\n"
      "Example: belvedere render -f stack.yaml | kubectl apply --dry-run=server -f -");
  auto flags = std::make_shared<RenderFlags>();
  AddInputFlags(command, flags->files, flags->ns, "default");
  command.add_option("-o,--output", flags->output, "yaml or json [yaml]")
      ->check(CLI::IsMember({"yaml", "json"}))
      ->type_name("FORMAT");
  AddImageFlags(command, flags->images);
  command.callback([flags, &context] { context.exit_code = RunRender(*flags, context.streams); });
}

}  // namespace belvedere::cli

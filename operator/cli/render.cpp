#include <CLI/CLI.hpp>

#include "controllers/config/yaml.h"
#include "operator/cli/command.h"
#include "operator/cli/manifests.h"
#include "operator/cli/stacks.h"
#include "operator/runtime/ownership.h"

namespace belvedere::cli {
namespace {

struct RenderFlags {
  std::vector<std::string> files;
  std::string ns = "default";
  std::string output = "yaml";
  ImageFlags images;
};

// Without a cluster nothing has a UID; the order of the file stands for that of creation.
std::vector<Primary> WithOrder(const std::vector<Primary>& stacks) {
  std::vector<Primary> ordered;
  for (const Primary& stack : stacks) {
    auto copy = std::make_shared<cache::Primary>(*stack);
    const std::string number = std::to_string(ordered.size());
    copy->uid = std::string(8 - std::min<std::size_t>(number.size(), 8), '0') + number;
    copy->created.clear();
    ordered.push_back(std::move(copy));
  }
  return ordered;
}

// As the executor applies it, without what only a cluster knows.
Json Rendered(const runtime::Kind& kind, const cache::Primary& stack,
              const runtime::Intent& intent) {
  Json object = runtime::OwnedIntent(kind, stack, intent);
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

int RunRender(const RenderFlags& flags, const Streams& streams) {
  const Result<operands::ImageTable> images = LoadImages(flags.images);
  if (!images) return Complain(streams, images.error().message);
  const Result<std::vector<Manifest>> manifests = ReadManifests(flags.files, streams);
  if (!manifests) return Complain(streams, manifests.error().message);
  const Result<std::vector<Primary>> stacks = StacksOf(*manifests, flags.ns);
  if (!stacks) return Complain(streams, stacks.error().message);

  const monitoringstack::MonitoringStackKind kind(*images);
  runtime::World world;
  world.peers = WithOrder(*stacks);
  std::vector<Json> objects;
  for (const Primary& stack : world.peers) {
    const runtime::Plan plan = kind.MakePlan(*stack, world);
    if (plan.refused) {
      return Complain(streams,
                      NameOf(*stack) + ": " + plan.refused->reason + ": " + plan.refused->message);
    }
    if (plan.management == runtime::Management::kPaused) {
      streams.err << NameOf(*stack) << ": is paused; the operator would write none of this\n";
    }
    for (const auto& intent : plan.intents) objects.push_back(Rendered(kind, *stack, intent));
  }
  const Status printed = Print(objects, flags.output, streams.out);
  return printed ? kOk : Complain(streams, printed.error().message);
}

}  // namespace

void AddRender(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("render", "Print every object of a MonitoringStack, without a cluster");
  command.footer(
      "Objects are printed as the operator applies them, but for what only a cluster knows: the\n"
      "ownerReference and the label belvedere.dev/owner-uid are left out. The given stacks are\n"
      "taken for the only ones, created in their order. Other objects in the input are ignored.\n"
      "Example: belvedere render -f stack.yaml | kubectl apply --dry-run=server -f -");
  auto flags = std::make_shared<RenderFlags>();
  command
      .add_option("-f,--filename", flags->files, "File or directory to read; - is standard input")
      ->required()
      ->type_name("FILE");
  command.add_option("-n,--namespace", flags->ns, "Namespace of stacks that name none [default]")
      ->envname("BELVEDERE_NAMESPACE")
      ->type_name("NAMESPACE");
  command.add_option("-o,--output", flags->output, "yaml or json [yaml]")
      ->check(CLI::IsMember({"yaml", "json"}))
      ->type_name("FORMAT");
  AddImageFlags(command, flags->images);
  command.callback([flags, &context] { context.exit_code = RunRender(*flags, context.streams); });
}

}  // namespace belvedere::cli

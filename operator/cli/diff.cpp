#include <CLI/CLI.hpp>

#include "operator/cli/command.h"
#include "operator/cli/connection.h"
#include "operator/cli/resource_diff.h"
#include "operator/cli/signals.h"

namespace belvedere::cli {
namespace {

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kError = 2;

struct DiffFlags {
  ClusterFlags cluster;
  ImageFlags images;
  std::vector<std::string> files;
  std::string ns;
};

int Fault(const Streams& streams, const Error& error) {
  return Complain(streams, error.message, kError);
}

int RunDiff(const DiffFlags& flags, const Streams& streams) {
  const StopOnSignal signals;
  const Result<operands::ImageTable> images = LoadImages(flags.images);
  if (!images) return Fault(streams, images.error());
  const Result<std::vector<Manifest>> manifests = ReadManifests(flags.files, streams);
  if (!manifests) return Fault(streams, manifests.error());
  const Result<kube::Config> config =
      kube::LoadConfig(flags.cluster.kubeconfig, flags.cluster.context);
  if (!config) return Fault(streams, config.error());
  const std::string ns = !flags.ns.empty()     ? flags.ns
                         : !config->ns.empty() ? config->ns
                                               : "default";
  const auto kinds = AllKinds(*images);
  const Result<std::vector<Resources>> resources = ResourcesOf(*manifests, ns, kinds);
  if (!resources) return Fault(streams, resources.error());

  Metrics metrics;
  Connection connection(*config, UserAgent("diff"));
  const auto client = connection.NewClient(RealClock(), metrics);
  int code = kSame;
  for (const Resources& of_kind : *resources) {
    const auto diffs = DiffResources(*client, of_kind, signals.token());
    if (!diffs) return Fault(streams, diffs.error());
    for (const ResourceDiff& diff : *diffs) {
      streams.out << Describe(of_kind.kind, diff);
      if (!diff.objects.empty()) code = kDifferent;
    }
  }
  return code;
}

}  // namespace

void AddDiff(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "diff", "Print what the operator would change in a cluster if the resources were applied");
  command.footer(
      "Reads the cluster and writes nothing. Lines begin with + for what would be created or\n"
      "added, - for what would be deleted or taken away, ~ for a change (path: live -> wanted),\n"
      "! for an object in the way that is not Belvedere's.\n"
      "Exit codes, as of kubectl diff: 0 nothing differs, 1 something does, 2 error.");
  auto flags = std::make_shared<DiffFlags>();
  AddInputFlags(command, flags->files, flags->ns, "the kubeconfig's");
  AddClusterFlags(command, flags->cluster);
  AddImageFlags(command, flags->images);
  command.callback([flags, &context] { context.exit_code = RunDiff(*flags, context.streams); });
}

}  // namespace belvedere::cli

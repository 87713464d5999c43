#include "controllers/alertpolicy/lint.h"

#include <CLI/CLI.hpp>
#include <array>

#include "controllers/alertpolicy/advice.h"
#include "controllers/alertpolicy/attachment.h"
#include "operator/cli/command.h"
#include "operator/cli/manifests.h"
#include "operator/cli/resources.h"

namespace belvedere::cli {
namespace {

using alertpolicy::Finding;

struct LintFlags {
  std::vector<std::string> files;
  std::string ns = "default";
};

constexpr std::array<std::string_view, 3> kWords{"error", "note", "advice"};  // by Finding::Kind

std::vector<Finding> FindingsOf(const runtime::Kind& kind, const cache::Primary& resource,
                                const runtime::World& world,
                                const alertpolicy::Compiler& compiler) {
  if (kind.type() == alertpolicy::kAlertPolicy) {
    return alertpolicy::Lint(resource, world, compiler);
  }
  const runtime::Plan plan = kind.MakePlan(resource, world);
  if (!plan.refused) return {};
  return {{.kind = Finding::Kind::kError, .text = plan.refused->message}};
}

// Prints a line for each finding; how many there are of each kind.
std::array<int, 3> LintAll(const std::vector<Resources>& all,
                           const std::vector<Manifest>& manifests, std::ostream& out) {
  const alertpolicy::Compiler compiler;
  std::array<int, 3> counts{};
  for (const Resources& resources : all) {
    const runtime::World world = WorldOf(resources, all, manifests);
    for (const Primary& resource : world.peers) {
      for (const Finding& one : FindingsOf(resources.kind, *resource, world, compiler)) {
        const auto kind = static_cast<std::size_t>(one.kind);
        ++counts.at(kind);
        out << NameOf(resources.kind, *resource) << ": " << kWords.at(kind) << ": " << one.text
            << "\n";
      }
    }
  }
  return counts;
}

int RunLint(const LintFlags& flags, const Streams& streams) {
  const Result<std::vector<Manifest>> manifests = ReadManifests(flags.files, streams);
  if (!manifests) return Complain(streams, manifests.error().message);
  const auto kinds = AllKinds(operands::ImageTable());
  const Result<std::vector<Resources>> resources = ResourcesOf(*manifests, flags.ns, kinds);
  if (!resources) return Complain(streams, resources.error().message);
  const auto [errors, notes, advice] = LintAll(*resources, *manifests, streams.out);
  streams.err << "errors: " << errors << ", notes: " << notes << ", advice: " << advice << "\n";
  return errors == 0 ? kOk : kFailure;
}

std::string Footer() {
  std::string footer =
      "Says what the status of each resource would refuse (error), what else it would say or only\n"
      "a cluster knows (note), and for policies what is good practice (advice). Stacks and\n"
      "Namespaces in the input are what policies are held against. Exit code 1 with errors; "
      "advice\n"
      "never fails. The rules of advice:\n";
  for (const auto& [name, why] : alertpolicy::AdviceRules()) {
    footer +=
        "  " + std::string(name) + std::string(12 - name.size(), ' ') + std::string(why) + "\n";
  }
  return footer + "Example: belvedere lint -f stack.yaml -f policies/";
}

}  // namespace

void AddLint(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "lint", "Say what is wrong with resources, and what could be better, without a cluster");
  command.footer(Footer());
  auto flags = std::make_shared<LintFlags>();
  AddInputFlags(command, flags->files, flags->ns, "default");
  command.callback([flags, &context] { context.exit_code = RunLint(*flags, context.streams); });
}

}  // namespace belvedere::cli

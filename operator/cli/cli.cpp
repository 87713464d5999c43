#include "operator/cli/cli.h"

#include <CLI/CLI.hpp>

#include "operator/cli/command.h"

namespace belvedere::cli {
namespace {

constexpr const char* kAbout =
    "Belvedere runs an observability stack on Kubernetes from a few custom resources.";
constexpr const char* kFooter =
    "Every flag but --help can be given in the environment too, as its help says; the flag wins.\n"
    "Exit codes: 0 success, 1 failure, 2 wrong usage; diff: 0 the same, 1 different, 2 error.";

int Explain(const CLI::App& app, const CLI::ParseError& error, const Streams& streams) {
  if (error.get_exit_code() == 0) return app.exit(error, streams.out, streams.err);  // --help
  streams.err << "error: " << error.what() << "\n";
  const CLI::App* asked = &app;
  while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
  std::string name = asked->get_name();
  for (const CLI::App* up = asked->get_parent(); up != nullptr; up = up->get_parent()) {
    name = up->get_name() + " " + name;
  }
  streams.err << "Run '" << name << " --help' for what is possible.\n";
  return kUsage;
}

// CLI11 would only say that a command is missing.
void CheckCommand(const CLI::App& app, const char* word) {
  if (word == nullptr || *word == '-') return;
  const auto known = app.get_subcommands([](const CLI::App*) { return true; });
  const auto is_named = [word](const CLI::App* command) { return command->check_name(word); };
  if (std::none_of(known.begin(), known.end(), is_named)) {
    throw CLI::ParseError(std::string("'") + word + "' is not a command",
                          CLI::ExitCodes::ExtrasError);
  }
}

}  // namespace

int Run(int argc, const char* const* argv, Streams streams) {
  Context context{streams};
  CLI::App app(kAbout, "belvedere");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.get_formatter()->column_width(36);
  try {
    AddOperator(app, context);
    AddAgent(app, context);
    AddRender(app, context);
    AddDiff(app, context);
    AddLint(app, context);
    AddDashboards(app, context);
    AddCompletion(app, context);
    AddVersion(app, context);
    CheckCommand(app, argc > 1 ? argv[1] : nullptr);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Explain(app, error, streams);
  } catch (const std::exception& error) {
    return Complain(streams, error.what());
  }
  return context.exit_code;
}

}  // namespace belvedere::cli

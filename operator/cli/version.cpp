#include "operator/cli/version.h"

#include <CLI/CLI.hpp>

#include "operator/base/json.h"
#include "operator/cli/command.h"
#include "operator/cli/version_info.h"

namespace belvedere::cli {
namespace {

std::string Compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

int PrintVersion(const std::string& output, const Streams& streams) {
  if (output == "json") {
    const Json json{{"version", Version()}, {"commit", Commit()}, {"compiler", Compiler()}};
    streams.out << json.dump(2) << "\n";
  } else {
    streams.out << "belvedere " << Version() << "\ncommit    " << Commit() << "\ncompiler  "
                << Compiler() << "\n";
  }
  return kOk;
}

}  // namespace

std::string Version() { return BELVEDERE_VERSION; }

std::string Commit() { return BELVEDERE_COMMIT; }

void AddVersion(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("version", "Print version, commit and compiler");
  auto output = std::make_shared<std::string>("text");
  command.add_option("-o,--output", *output, "text or json [text]")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  command.callback(
      [output, &context] { context.exit_code = PrintVersion(*output, context.streams); });
}

}  // namespace belvedere::cli

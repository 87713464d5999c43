#include "controllers/config/dashboards/dashboards.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "operator/cli/command.h"

namespace belvedere::cli {
namespace {

using config::dashboards::Dashboard;

struct DashboardsFlags {
  std::string directory;
  std::vector<std::string> uids;
};

// Empty: there is such a dashboard; else what to write instead.
std::string CheckUid(const std::string& uid) {
  std::string known;
  for (const Dashboard& dashboard : config::Dashboards()) {
    if (dashboard.uid == uid) return "";
    known += (known.empty() ? "" : ", ") + std::string(dashboard.uid);
  }
  return "no dashboard has the UID '" + uid + "'; there are: " + known;
}

// A reader of the directory finds the whole file or none.
Status WriteFile(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path draft = path.parent_path() / ("." + path.filename().string());
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code failed;
  if (file) std::filesystem::rename(draft, path, failed);
  if (!file || failed) return Fail(ErrorCode::kInvalid, path.string() + " cannot be written");
  return {};
}

Status WriteDashboards(const DashboardsFlags& flags) {
  std::error_code failed;
  std::filesystem::create_directories(flags.directory, failed);
  if (failed) {
    return Fail(ErrorCode::kInvalid, "--directory: " + flags.directory + ": " + failed.message());
  }
  for (const Dashboard& dashboard : config::Dashboards()) {
    const bool is_asked = flags.uids.empty() || std::ranges::count(flags.uids, dashboard.uid) > 0;
    if (!is_asked) continue;
    const Status written =
        WriteFile(std::filesystem::path(flags.directory) / config::FileNameOf(dashboard),
                  config::FileTextOf(dashboard));
    if (!written) return written;
  }
  return {};
}

}  // namespace

void AddDashboards(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "dashboards", "Write the dashboards of a stack as files; runs in Grafana's pod");
  command.footer(
      "They take the data sources by the UIDs prometheus, alertmanager and loki, so that they\n"
      "serve in a Grafana of your own too. Example: belvedere dashboards --directory out");
  auto flags = std::make_shared<DashboardsFlags>();
  command.add_option("--directory", flags->directory, "Where to: one file each, <UID>.json")
      ->required()
      ->envname("BELVEDERE_DASHBOARDS_DIRECTORY")
      ->type_name("DIR");
  command.add_option("uid", flags->uids, "Which; none: all of them")
      ->check(CheckUid)
      ->type_name("UID");
  command.callback([flags, &context] {
    const Status written = WriteDashboards(*flags);
    context.exit_code = written ? kOk : Complain(context.streams, written.error().message);
  });
}

}  // namespace belvedere::cli

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/logpipeline/fluentbit_filters.h"
#include "controllers/logpipeline/outputs/output.h"

namespace belvedere::logpipeline {
namespace {

std::string Cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '*' || c == '|' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string Support(bool supported, std::string_view reason) {
  return supported ? "yes" : "no: " + Cell(reason);
}

std::string Page() {
  std::string page =
      "# Engines of log pipelines\n\n"
      "What each engine can do, from the tables in the code. What it cannot do gives "
      "`Accepted=False` "
      "with the path of the field.\n\n"
      "## Outputs\n\n| `spec.outputs[]` | Sends to | FluentBit | OpenTelemetry "
      "|\n|---|---|---|---|\n";
  for (const OutputKind& kind : OutputKinds()) {
    page += "| `" + std::string(kind.field) + "` | " + Cell(kind.title) + " | " +
            Support(kind.fluent_bit != nullptr, kind.no_fluent_bit) + " | " +
            Support(kind.otel != nullptr, kind.no_otel) + " |\n";
  }
  page +=
      "\nFluent Bit sends to one host of `elasticsearch`, and takes `sumologic` by `host` and "
      "`tokenRef` only. All outputs of one pod share one Secret of AWS (`credentialsRef`).\n\n"
      "## Filters of Fluent Bit\n\n| `spec.filters[]` | How | What it cannot do |\n|---|---|---|\n";
  for (const fluentbit::FilterSupport& row : fluentbit::FilterTable()) {
    page += "| `" + std::string(row.filter) + "` | " + Cell(row.how) + " | " +
            (row.not_supported.empty() ? "" : Cell(row.not_supported)) + " |\n";
  }
  return page;
}

TEST(Engines, PageSaysWhatTheTablesSay) {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  const auto path = root / "docs" / "logpipeline-engines.md";
  if (std::getenv("BELVEDERE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << Page();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), Page()) << "set BELVEDERE_UPDATE_GOLDEN=1 to write " << path << " anew";
}

}  // namespace
}  // namespace belvedere::logpipeline

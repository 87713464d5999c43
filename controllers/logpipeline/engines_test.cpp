#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/logpipeline/fluentbit_filters.h"
#include "controllers/logpipeline/otelcol_filters.h"
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

std::string OutputTable() {
  std::string table =
      "| `spec.outputs[]` | Sends to | FluentBit | OpenTelemetry |\n|---|---|---|---|\n";
  for (const OutputKind& kind : OutputKinds()) {
    table += "| `" + std::string(kind.field) + "` | " + Cell(kind.title) + " | " +
             Support(kind.fluent_bit != nullptr, kind.no_fluent_bit) + " | " +
             Support(kind.otel != nullptr, kind.no_otel) + " |\n";
  }
  return table;
}

template <typename Row>
std::string FilterRows(std::span<const Row> rows) {
  std::string table = "| `spec.filters[]` | How | What it cannot do |\n|---|---|---|\n";
  for (const Row& row : rows) {
    table += "| `" + std::string(row.filter) + "` | " + Cell(row.how) + " | " +
             Cell(row.not_supported) + " |\n";
  }
  return table;
}

std::string Page() {
  return "# Engines of log pipelines\n\n"
         "What each engine can do, from the tables in the code. What it cannot do gives "
         "`Accepted=False` with the path of the field.\n\n"
         "## Outputs\n\n" +
         OutputTable() +
         "\nFluent Bit sends to one host of `elasticsearch`, and takes `sumologic` by `host` and "
         "`tokenRef` only. All outputs of one pod share one Secret of AWS (`credentialsRef`): "
         "those "
         "of a tenant's gateway, and those of all platform pipelines of an engine. The pipeline "
         "that comes later with another one is held back, and says so.\n\n"
         "## Filters of Fluent Bit\n\n" +
         FilterRows(fluentbit::FilterTable()) +
         "\n## Filters of OpenTelemetry\n\n"
         "A record is a map of fields, and the body of a record is that map: a line of text is the "
         "field `log`, and where no filter adds a field, it is sent as the text that it was. Dots "
         "in a field's name lead into maps. `kubernetes.namespace_name`, `kubernetes.pod_name` and "
         "`kubernetes.container_name` can be asked for by `drop` and `keep`.\n\n" +
         FilterRows(otelcol::FilterTable()) +
         "\nThe collector reads no journal (`inputs.nodes.units`): its image has no journalctl. It "
         "keeps no dead letter (`buffer.deadLetter`): what an output refuses for good is counted "
         "and dropped. A full buffer stops the reading where a pipeline has one output; where it "
         "has several, the newest records are lost to the output that is full, and counted.\n";
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

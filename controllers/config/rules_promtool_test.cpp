#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace belvedere::config {
namespace {

// promtool's answer to a file of testdata/: series, and the alerts that they must give.
void ExpectSuccess(const std::string& file) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  const auto cases = std::filesystem::path(__FILE__).parent_path() / "testdata" / file;
  EXPECT_EQ(std::system((std::string(promtool) + " test rules " + cases.string()).c_str()), 0);
}

TEST(Rules, OfLogsFireOnEachFaultOfEitherEngineAndOnNothingElse) {
  ExpectSuccess("logs-rules-test.yaml");
}

TEST(Rules, OfTheMonitoringItselfMatchTheLabelsThatPrometheusGives) {
  ExpectSuccess("meta-rules-test.yaml");
}

TEST(Rules, OfPoliciesCountAlertsByEntry) { ExpectSuccess("policies-rules-test.yaml"); }

}  // namespace
}  // namespace belvedere::config

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace belvedere::config {
namespace {

TEST(LogRules, FireOnLossOfEitherEngineAndOnSilence) {
  const char* promtool = std::getenv("BELVEDERE_PROMTOOL");
  if (promtool == nullptr) GTEST_SKIP() << "BELVEDERE_PROMTOOL names no promtool";
  const auto cases =
      std::filesystem::path(__FILE__).parent_path() / "testdata" / "logs-rules-test.yaml";
  EXPECT_EQ(std::system((std::string(promtool) + " test rules " + cases.string()).c_str()), 0);
}

}  // namespace
}  // namespace belvedere::config

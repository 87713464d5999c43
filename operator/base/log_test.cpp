#include "operator/base/log.h"

#include <gtest/gtest.h>

#include "operator/base/clock.h"
#include "operator/base/json.h"

namespace belvedere {
namespace {

TEST(LogTest, WritesOneJsonObjectALineInFixedOrder) {
  testing::internal::CaptureStderr();
  log::Warn("line\nbreak \"quoted\"", {{"zeta", "1"}, {"alpha", "broken \xff"}});
  log::Flush();
  const std::string text = testing::internal::GetCapturedStderr();
  ASSERT_EQ(text.find('\n'), text.size() - 1) << text;
  const auto line = ParseJson(text);
  ASSERT_TRUE(line.has_value()) << text;
  EXPECT_EQ(StringAt(*line, "/msg"), "line\nbreak \"quoted\"");
  EXPECT_EQ(StringAt(*line, "/level"), "warning");
  EXPECT_EQ(StringAt(*line, "/zeta"), "1");
  EXPECT_EQ(StringAt(*line, "/alpha"), "broken \xEF\xBF\xBD");
  EXPECT_GT(ParseTime(StringAt(*line, "/ts")), ParseTime("2026-01-01T00:00:00Z"));
  EXPECT_LT(text.find("\"ts\""), text.find("\"level\""));
  EXPECT_LT(text.find("\"zeta\""), text.find("\"alpha\""));
}

TEST(LogTest, LinesBelowTheLevelAreDropped) {
  testing::internal::CaptureStderr();
  log::Debug("hidden");
  log::SetLevel(log::Level::kDebug);
  log::Debug("shown");
  log::SetLevel(log::Level::kInfo);
  log::Flush();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find("shown"), std::string::npos);
}

}  // namespace
}  // namespace belvedere

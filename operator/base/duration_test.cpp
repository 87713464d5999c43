#include "operator/base/duration.h"

#include <gtest/gtest.h>

namespace belvedere {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kDays{24};

TEST(DurationTest, ReadsEveryUnit) {
  EXPECT_EQ(ParseDuration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(ParseDuration("15d"), 15 * kDays);
  EXPECT_EQ(ParseDuration("1w"), 7 * kDays);
  EXPECT_EQ(ParseDuration("1y"), 365 * kDays);
  EXPECT_EQ(ParseDuration("2s5ms"), milliseconds(2005));
  EXPECT_EQ(ParseDuration("0"), milliseconds(0));
  EXPECT_EQ(ParseDuration("0s"), milliseconds(0));
}

TEST(DurationTest, RefusesWhatPrometheusRefuses) {
  for (const char* text : {"", "1", "h", "1.5h", "-1h", "+1h", " 1h", "1h ", "1m1h", "1h1h", "1x",
                           "1H", "293y", "99999999999999999999s", "1h30"}) {
    const auto parsed = ParseDuration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid) << text;
  }
}

TEST(DurationTest, WritesTheFormPrometheusWrites) {
  EXPECT_EQ(FormatDuration(milliseconds(0)), "0s");
  EXPECT_EQ(FormatDuration(milliseconds(5'400'000)), "1h30m");
  EXPECT_EQ(FormatDuration(90 * kDays), "90d");
  EXPECT_EQ(FormatDuration(14 * kDays), "2w");
  EXPECT_EQ(FormatDuration(730 * kDays), "2y");
  EXPECT_EQ(FormatDuration(372 * kDays), "372d");
  EXPECT_EQ(FormatDuration(milliseconds(1)), "1ms");
  EXPECT_EQ(FormatDuration(-milliseconds(1500)), "-1s500ms");
}

TEST(DurationTest, FormatThenParseGivesTheSame) {
  for (std::int64_t ms = 1; ms < 9'000'000'000'000; ms = ms * 7 + 13) {
    EXPECT_EQ(ParseDuration(FormatDuration(milliseconds(ms))), milliseconds(ms)) << ms;
  }
}

}  // namespace
}  // namespace belvedere

#include "operator/http/line_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace belvedere::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Collector {
  std::vector<std::string> lines;
  Status Feed(LineFramer& framer, std::string_view bytes) {
    return framer.Feed(bytes, [this](std::string_view line) { lines.emplace_back(line); });
  }
};

TEST(LineFramerTest, SeveralLinesInOnePiece) {
  LineFramer framer;
  Collector got;
  ASSERT_TRUE(got.Feed(framer, "one\ntwo\nthree\n"));
  EXPECT_THAT(got.lines, ElementsAre("one", "two", "three"));
  EXPECT_EQ(framer.pending(), 0U);
}

TEST(LineFramerTest, AnyCutGivesTheSameLines) {
  const std::string bytes = "{\"a\":\"\xC3\xA9\"}\r\nb\n\n\r\nccc\ntail";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    LineFramer framer;
    Collector got;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      ASSERT_TRUE(got.Feed(framer, bytes.substr(at, size)));
    }
    EXPECT_THAT(got.lines, ElementsAre("{\"a\":\"\xC3\xA9\"}", "b", "ccc")) << size;
    EXPECT_EQ(framer.pending(), 4U) << size;
  }
}

TEST(LineFramerTest, EmptyLinesAreLeftOut) {
  LineFramer framer;
  Collector got;
  ASSERT_TRUE(got.Feed(framer, "\n\r\n\n"));
  EXPECT_THAT(got.lines, IsEmpty());
}

TEST(LineFramerTest, CarriageReturnWithinALineStays) {
  LineFramer framer;
  Collector got;
  ASSERT_TRUE(got.Feed(framer, "a\rb\n"));
  EXPECT_THAT(got.lines, ElementsAre("a\rb"));
}

TEST(LineFramerTest, ALineAtTheLimitPassesAndOneOverItFails) {
  LineFramer framer(4);
  Collector got;
  ASSERT_TRUE(got.Feed(framer, "1234\n12"));
  ASSERT_TRUE(got.Feed(framer, "34\n"));
  EXPECT_THAT(got.lines, ElementsAre("1234", "1234"));
  ASSERT_TRUE(got.Feed(framer, "123"));
  const Status failed = got.Feed(framer, "45");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kDecode);
}

TEST(LineFramerTest, ALongLineInOnePieceFails) {
  LineFramer framer(4);
  Collector got;
  EXPECT_FALSE(got.Feed(framer, "12345\n"));
  EXPECT_THAT(got.lines, IsEmpty());
}

}  // namespace
}  // namespace belvedere::http

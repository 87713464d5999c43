#include "operator/kube/watch_decoder.h"

#include <gtest/gtest.h>

namespace belvedere::kube {
namespace {

TEST(WatchDecoderTest, ReadsEvents) {
  const auto line = DecodeWatchLine(
      R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"7"}}})");
  ASSERT_TRUE(line && line->event);
  EXPECT_EQ(line->event->type, WatchEventType::kModified);
  EXPECT_EQ(KeyOf(line->event->object).name, "a");
}

TEST(WatchDecoderTest, ABookmarkNeedsNoName) {
  const auto line =
      DecodeWatchLine(R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}})");
  ASSERT_TRUE(line && line->event);
  EXPECT_EQ(line->event->type, WatchEventType::kBookmark);
}

TEST(WatchDecoderTest, AnErrorEventEndsTheWatch) {
  const auto line = DecodeWatchLine(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}})");
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->event);
  EXPECT_EQ(line->ended.code, ErrorCode::kGone);
  EXPECT_EQ(line->ended.message, "old");
  const auto odd = DecodeWatchLine(R"({"type":"ERROR","object":null})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->ended.code, ErrorCode::kInternal);
}

TEST(WatchDecoderTest, RefusesNonsense) {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":7})",
        R"({"type":"ODD","object":{"metadata":{"name":"a","resourceVersion":"7"}}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})",
        R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"7"}}})"}) {
    const auto line = DecodeWatchLine(text);
    ASSERT_FALSE(line) << text;
    EXPECT_EQ(line.error().code, ErrorCode::kDecode) << text;
  }
}

}  // namespace
}  // namespace belvedere::kube

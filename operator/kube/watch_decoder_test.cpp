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

TEST(WatchPeekTest, ReadsTheHeadOfAChange) {
  const auto head = PeekWatchLine(
      R"({"type":"MODIFIED","object":{"kind":"Pod","x":{"metadata":{"name":"no"}},"l":[{"name":1}],)"
      R"("metadata":{"labels":{"name":"no","resourceVersion":"1"},"name":"a","namespace":"n",)"
      R"("uid":"u","resourceVersion":"70"},"spec":{"broken)");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->key, (ObjectKey{"n", "a"}));
  EXPECT_EQ(head->resource_version, 70U);
}

TEST(WatchPeekTest, OtherLinesMustBeDecoded) {
  for (const char* line :
       {"", "{", "[]", "null", R"({"type":"ADDED"})",
        R"({"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"7"}}})",
        R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}})",
        R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"7","name":"a"}}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"x"}}})",
        R"({"type":"ADDED","object":{"spec":{"metadata":{"name":"a","resourceVersion":"7"}}}})",
        R"({"type":"ADDED","object":[{"metadata":{"name":"a","resourceVersion":"7"}}]})",
        R"({"object":{"metadata":{"name":"a","resourceVersion":"7"}},"type":"ADDED"})"}) {
    EXPECT_FALSE(PeekWatchLine(line)) << line;
  }
}

}  // namespace
}  // namespace belvedere::kube

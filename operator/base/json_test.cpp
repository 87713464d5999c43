#include "operator/base/json.h"

#include <gtest/gtest.h>

namespace belvedere {
namespace {

std::string Nested(int depth) {
  const auto size = static_cast<std::size_t>(depth);
  return std::string(size, '[') + std::string(size, ']');
}

TEST(JsonTest, DumpIsCanonical) {
  const auto one = ParseJson(R"({ "b" : 1, "a" : [ 1, 2 ] })");
  const auto two = ParseJson(R"({"a":[1,2],"b":1})");
  ASSERT_TRUE(one && two);
  EXPECT_EQ(Dump(*one), R"({"a":[1,2],"b":1})");
  EXPECT_EQ(Dump(*one), Dump(*two));
}

TEST(JsonTest, MembersAreSortedInWhateverOrderTheyCome) {
  Json object = {{"m", 1}};
  for (const char* name : {"z", "a", "n", "b", "y"}) object[name] = name;
  object["a"] = {{"nested", true}};
  object.erase("n");
  EXPECT_EQ(Dump(object), R"({"a":{"nested":true},"b":"b","m":1,"y":"y","z":"z"})");
  EXPECT_EQ(object, *ParseJson(R"({"z":"z","y":"y","m":1,"b":"b","a":{"nested":true}})"));
  EXPECT_LT(object, Json({{"a", {{"nested", true}}}, {"c", 0}}));
}

TEST(JsonTest, TheLastOfMembersOfOneNameHolds) {
  EXPECT_EQ(Dump(*ParseJson(R"({"b":1,"a":2,"b":{"c":3}})")), R"({"a":2,"b":{"c":3}})");
}

TEST(JsonTest, BadTextIsAnErrorAndNoException) {
  for (const char* text : {"", "{", "{]", "nul", "[1,]", "\"\xff\"", "1 2"}) {
    const auto parsed = ParseJson(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kDecode) << text;
  }
}

TEST(JsonTest, DepthIsLimited) {
  EXPECT_TRUE(ParseJson(Nested(kMaxJsonDepth)).has_value());
  EXPECT_FALSE(ParseJson(Nested(kMaxJsonDepth + 2)).has_value());
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '[')).has_value());
}

TEST(JsonTest, BracketsInStringsAreNoDepth) {
  const std::string many(1000, '[');
  EXPECT_TRUE(ParseJson("\"" + many + "\"").has_value());
  EXPECT_TRUE(ParseJson(R"(["\"[[", ")" + many + "\"]").has_value());
  EXPECT_FALSE(ParseJson(R"(["\\", )" + Nested(kMaxJsonDepth) + "]").has_value());
}

TEST(JsonTest, DumpReplacesBrokenUtf8) { EXPECT_EQ(Dump(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(JsonTest, DumpWithIsTheDumpOfTheObjectSoChanged) {
  const Json object = {{"data", {{"a", "\"\xff"}}}, {"metadata", {{"name", "x"}}}, {"z", 1}};
  const Json members = {{"kind", "K"}, {"metadata", {{"uid", "u"}}}};
  Json changed = object;
  changed.update(members);
  EXPECT_EQ(DumpWith(object, members), Dump(changed));
  EXPECT_EQ(DumpWith(object, Json::object()), Dump(object));
  EXPECT_EQ(DumpWith(Json::object(), Json::object()), "{}");
}

TEST(JsonTest, AtGivesNullForMissingSteps) {
  const Json value = {{"spec", {{"list", {1, 2}}, {"a/b", "slash"}, {"text", "x"}, {"n", 5}}}};
  EXPECT_EQ(At(value, "/spec/list/1"), Json(2));
  EXPECT_EQ(At(value, "/spec/a~1b"), Json("slash"));
  EXPECT_TRUE(At(value, "/spec/missing/deeper").is_null());
  EXPECT_TRUE(At(value, "/spec/list/7").is_null());
  EXPECT_TRUE(At(value, "/spec/text/0").is_null());
  EXPECT_TRUE(At(value, "/spec/list/x").is_null());
  EXPECT_TRUE(At(value, "/spec/list/-1").is_null());
  EXPECT_TRUE(At(value, "/spec/").is_null());
  EXPECT_EQ(At(value, ""), value);
}

TEST(JsonTest, ScalarsFallBackOnMissingOrOtherType) {
  const Json value = {{"text", "x"}, {"n", 5}, {"f", 1.5}};
  EXPECT_EQ(StringAt(value, "/text"), "x");
  EXPECT_EQ(StringAt(value, "/n", "other"), "other");
  EXPECT_EQ(IntAt(value, "/n"), 5);
  EXPECT_EQ(IntAt(value, "/f", 7), 7);
  EXPECT_EQ(IntAt(value, "/none", -1), -1);
}

}  // namespace
}  // namespace belvedere

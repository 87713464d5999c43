#include "operator/kube/testing/field_set.h"

#include <gtest/gtest.h>

namespace belvedere::kube {
namespace {

FieldSet PathsOf(const Json& object) {
  FieldSet paths;
  for (const auto& [path, value] : Flatten(object)) paths.insert(path);
  return paths;
}

TEST(FieldSetTest, WritesAndReadsFieldsV1) {
  const FieldSet fields{{"f:data", "f:a"},
                        {"f:spec", "f:containers", "k:{\"name\":\"x\"}"},
                        {"f:spec", "f:containers", "k:{\"name\":\"x\"}", "f:image"}};
  const Json json = ToFieldsV1(fields);
  const Json item{{".", Json::object()}, {"f:image", Json::object()}};
  EXPECT_EQ(json, (Json{{"f:data", {{"f:a", Json::object()}}},
                        {"f:spec", {{"f:containers", {{"k:{\"name\":\"x\"}", item}}}}}}));
  EXPECT_EQ(FromFieldsV1(json), fields);
  EXPECT_TRUE(FromFieldsV1(Json::object()).empty());
}

TEST(FieldSetTest, IdentityIsNobodysField) {
  const Json object{{"apiVersion", "v1"},
                    {"kind", "ConfigMap"},
                    {"metadata", {{"name", "a"}, {"uid", "u"}, {"labels", {{"l", "1"}}}}},
                    {"data", Json::object()}};
  EXPECT_EQ(PathsOf(object), (FieldSet{{"f:metadata", "f:labels", "f:l"}, {"f:data"}}));
}

TEST(FieldSetTest, SelectorsAndPlainListsAreLeaves) {
  const Json object{{"spec", {{"selector", {{"a", "b"}}}, {"args", {"x", "y"}}}}};
  EXPECT_EQ(PathsOf(object), (FieldSet{{"f:spec", "f:selector"}, {"f:spec", "f:args"}}));
}

TEST(FieldSetTest, MergesKeyedListsByKey) {
  const Json live{{"containers", Json::array({{{"name", "a"}, {"image", "1"}, {"x", "kept"}},
                                              {{"name", "b"}, {"image", "1"}}})},
                  {"finalizers", {"f1"}}};
  const Json intent{{"containers", Json::array({{{"name", "c"}}, {{"name", "a"}, {"image", "2"}}})},
                    {"finalizers", {"f1", "f2"}}};
  EXPECT_EQ(MergeFields(live, intent),
            (Json{{"containers", Json::array({{{"name", "a"}, {"image", "2"}, {"x", "kept"}},
                                              {{"name", "b"}, {"image", "1"}},
                                              {{"name", "c"}}})},
                  {"finalizers", {"f1", "f2"}}}));
}

TEST(FieldSetTest, RemovesEmptyParentsThatNobodyOwns) {
  Json object{{"spec", {{"a", {{"b", {{"c", 1}}}}}, {"z", 1}}}};
  const FieldPath path{"f:spec", "f:a", "f:b", "f:c"};
  Json kept = object;
  RemoveField(object, path, [](const FieldPath&) { return false; });
  EXPECT_EQ(object, (Json{{"spec", {{"z", 1}}}}));
  RemoveField(kept, path, [](const FieldPath& parent) { return parent.back() == "f:b"; });
  EXPECT_EQ(kept, (Json{{"spec", {{"a", {{"b", Json::object()}}}, {"z", 1}}}}));
}

}  // namespace
}  // namespace belvedere::kube

#include "operator/cli/field_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belvedere::cli {
namespace {

std::vector<std::string> PathsOf(const std::vector<FieldChange>& changes) {
  std::vector<std::string> paths;
  for (const FieldChange& change : changes) paths.push_back(change.path);
  return paths;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DiffFieldsTest, IgnoresWhatIsNotWantedNorOwned) {
  const Json live = Json::parse(R"({"spec":{"replicas":1,"defaulted":true},"status":{}})");
  const Json wanted = Json::parse(R"({"spec":{"replicas":1}})");
  EXPECT_THAT(DiffFields(live, wanted, wanted), IsEmpty());
}

TEST(DiffFieldsTest, TellsChangedAddedAndTakenAway) {
  const Json live = Json::parse(R"({"spec":{"replicas":5,"old":"x","kept":"y"}})");
  const Json owned = Json::parse(R"({"spec":{"old":"x"}})");
  const Json wanted = Json::parse(R"({"spec":{"replicas":1,"fresh":true}})");
  const std::vector<FieldChange> changes = DiffFields(live, owned, wanted);
  ASSERT_THAT(PathsOf(changes), ElementsAre("spec.fresh", "spec.replicas", "spec.old"));
  EXPECT_EQ(Describe(changes[0]), "  + spec.fresh: true\n");
  EXPECT_EQ(Describe(changes[1]), "    spec.replicas: 5 -> 1\n");
  EXPECT_EQ(Describe(changes[2]), "  - spec.old: \"x\"\n");
}

TEST(DiffFieldsTest, FollowsItemsByNameWhateverTheirOrder) {
  const Json live = Json::parse(R"({"containers":[{"name":"sidecar","image":"s"},
      {"name":"main","image":"old","imagePullPolicy":"Always"}]})");
  const Json wanted = Json::parse(R"({"containers":[{"name":"main","image":"new"}]})");
  const Json owned = Json::parse(R"({"containers":[{"name":"main","image":"old"}]})");
  EXPECT_THAT(PathsOf(DiffFields(live, owned, wanted)), ElementsAre("containers[name=main].image"));
}

TEST(DiffFieldsTest, TakesAwayOwnedItemsOnly) {
  const Json live = Json::parse(R"({"c":[{"name":"a"},{"name":"b"},{"name":"foreign"}]})");
  const Json owned = Json::parse(R"({"c":[{"name":"a"},{"name":"b"}]})");
  const Json wanted = Json::parse(R"({"c":[{"name":"a"}]})");
  EXPECT_THAT(PathsOf(DiffFields(live, owned, wanted)), ElementsAre("c[name=b]"));
}

TEST(DiffFieldsTest, QuotesNamesWithDots) {
  const Json live = Json::parse(R"({"labels":{"a.b/c":"1"}})");
  const Json wanted = Json::parse(R"({"labels":{"a.b/c":"2"}})");
  const auto changes = DiffFields(live, live, wanted);
  ASSERT_THAT(PathsOf(changes), ElementsAre(R"(labels["a.b/c"])"));
}

TEST(DiffFieldsTest, OwnedNamesWithSlashesAreFound) {
  const Json live = Json::parse(R"({"labels":{"a/b":{"x":1,"y":2}}})");
  const Json wanted = Json::parse(R"({"labels":{"a/b":{"x":1}}})");
  EXPECT_THAT(PathsOf(DiffFields(live, live, wanted)), ElementsAre("labels[\"a/b\"].y"));
}

TEST(DiffFieldsTest, ListsOfScalarsAreReadByLine) {
  const Json live = Json::parse(R"({"args":["--a=1","--b=2","--c=3"]})");
  const Json wanted = Json::parse(R"({"args":["--a=1","--b=3","--c=3"]})");
  const auto changes = DiffFields(live, live, wanted);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(Describe(changes[0]),
            "    args:\n"
            "        \"--a=1\"\n"
            "      - \"--b=2\"\n"
            "      + \"--b=3\"\n"
            "        \"--c=3\"\n");
}

TEST(DiffLinesTest, ShowsLinesAroundAndLeavesOutTheRest) {
  EXPECT_EQ(DiffLines("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n7\n", 1), "  5\n- 6\n+ 7\n");
  EXPECT_EQ(DiffLines("a\n1\n2\n3\nb\n", "x\n1\n2\n3\ny\n", 0), "- a\n+ x\n...\n- b\n+ y\n");
  EXPECT_EQ(DiffLines("same\n", "same\n", 3), "");
  EXPECT_EQ(DiffLines("", "new\n", 3), "+ new\n");
}

}  // namespace
}  // namespace belvedere::cli

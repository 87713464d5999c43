#include "operator/cli/agent/silences.h"

#include <gtest/gtest.h>

namespace belvedere::agent {
namespace {

const WallTime kNow = ParseTime("2026-06-01T12:00:00Z");

Json MatchersOf(const std::string& policy) {
  return Json::array(
      {{{"name", "policy_name"}, {"value", policy}, {"isRegex", false}, {"isEqual", true}}});
}

Json Wanted(const std::string& from = "2026-06-01T10:00:00Z",
            const std::string& until = "2026-06-01T14:00:00Z", const std::string& reason = "why") {
  return {{"createdBy", "belvedere: shop/p/quiet"},
          {"comment", reason},
          {"startsAt", from},
          {"endsAt", until},
          {"matchers", MatchersOf("p")}};
}

// As the API lists one.
Json Live(Json silence, const std::string& id, const std::string& state = "active") {
  silence["id"] = id;
  silence["status"] = {{"state", state}};
  return silence;
}

std::string TextOf(const SilenceChanges& changes) {
  std::string text;
  for (const Json& one : changes.post) {
    text += "post " + StringAt(one, "/id", "new") + " until " + StringAt(one, "/endsAt") + "\n";
  }
  for (const std::string& id : changes.expire) text += "expire " + id + "\n";
  return text;
}

std::string Compare(const std::vector<Json>& wanted, const std::vector<Json>& live) {
  return TextOf(CompareSilences(Json(wanted), Json(live), kNow));
}

TEST(Silences, AreMadeOnceAndEndWithTheFile) {
  EXPECT_EQ(Compare({Wanted()}, {}), "post new until 2026-06-01T14:00:00Z\n");
  EXPECT_EQ(Compare({Wanted()}, {Live(Wanted(), "a")}), "");
  EXPECT_EQ(Compare({}, {Live(Wanted(), "a")}), "expire a\n");
  EXPECT_EQ(Compare({}, {}), "");
}

TEST(Silences, OfSomebodyElseAreLeftAlone) {
  Json theirs = Wanted();
  theirs["createdBy"] = "anna";
  theirs["comment"] = "belvedere: shop/p/quiet";
  EXPECT_EQ(Compare({}, {Live(theirs, "a")}), "");
  EXPECT_EQ(Compare({Wanted()}, {Live(theirs, "a")}), "post new until 2026-06-01T14:00:00Z\n");
}

TEST(Silences, ThatAreOverAskForNothing) {
  EXPECT_EQ(Compare({Wanted("2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z")}, {}), "");
  EXPECT_EQ(Compare({Wanted("2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z")},
                    {Live(Wanted("2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"), "a", "expired")}),
            "");
}

TEST(Silences, ThatSomebodyHasEndedComeBack) {
  EXPECT_EQ(Compare({Wanted()}, {Live(Wanted(), "a", "expired")}),
            "post new until 2026-06-01T14:00:00Z\n");
}

TEST(Silences, ChangeInTheirPlace) {
  Json live = Wanted();
  live["startsAt"] = "2026-06-01T10:00:07.123Z";  // posted late
  const SilenceChanges longer =
      CompareSilences(Json::array({Wanted("2026-06-01T10:00:00Z", "2026-06-01T18:00:00Z")}),
                      Json::array({Live(live, "a")}), kNow);
  EXPECT_EQ(TextOf(longer), "post a until 2026-06-01T18:00:00Z\n");
  // With another begin it would be another silence.
  EXPECT_EQ(longer.post[0]["startsAt"], live["startsAt"]);
  EXPECT_EQ(Compare({Wanted()}, {Live(live, "a")}), "");

  EXPECT_NE(Compare({Wanted("2026-06-01T10:00:00Z", "2026-06-01T14:00:00Z", "another")},
                    {Live(live, "a")}),
            "");
  Json other = Wanted();
  other["matchers"] = MatchersOf("q");
  EXPECT_NE(Compare({other}, {Live(live, "a")}), "");
  // To begin later, it has to end now.
  const SilenceChanges later = CompareSilences(Json::array({Wanted("2026-06-01T13:00:00Z")}),
                                               Json::array({Live(live, "a")}), kNow);
  EXPECT_EQ(later.post.at(0)["startsAt"], "2026-06-01T13:00:00Z");
}

TEST(Silences, ThatAreYetToComeAreMadeAhead) {
  const Json ahead = Wanted("2026-06-01T13:00:00Z");
  EXPECT_EQ(Compare({ahead}, {}), "post new until 2026-06-01T14:00:00Z\n");
  EXPECT_EQ(Compare({ahead}, {Live(ahead, "a", "pending")}), "");
  EXPECT_EQ(Compare({Wanted("2026-06-01T13:30:00Z")}, {Live(ahead, "a", "pending")}),
            "post a until 2026-06-01T14:00:00Z\n");
}

TEST(Silences, OfTwoThatAreTheSameOneEnds) {
  EXPECT_EQ(Compare({Wanted()}, {Live(Wanted(), "b"), Live(Wanted(), "a")}), "expire b\n");
}

TEST(Silences, OrderOfMatchersAndFractionsOfTimesDoNotMatter) {
  Json wanted = Wanted();
  wanted["matchers"].push_back(
      {{"name", "system"}, {"value", "shop"}, {"isRegex", false}, {"isEqual", true}});
  Json live = wanted;
  std::swap(live["matchers"][0], live["matchers"][1]);
  live["endsAt"] = "2026-06-01T14:00:00.000Z";
  EXPECT_EQ(Compare({wanted}, {Live(live, "a")}), "");
}

}  // namespace
}  // namespace belvedere::agent

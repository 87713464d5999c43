#include "operator/runtime/grace.h"

#include <gtest/gtest.h>

#include "operator/base/testing/manual_clock.h"

namespace belvedere::runtime {
namespace {

using std::chrono::minutes;

const kube::ObjectKey kKey{"ns", "a"};

Verdict StalledBy(const std::string& reason) { return {.stalled = Cause{reason, "why"}}; }

class GraceTest : public testing::Test {
 protected:
  bool IsStalled(const std::string& reason, const std::vector<Condition>& previous = {}) {
    return grace_.Soften(kKey, 1, StalledBy(reason), previous).verdict.stalled.has_value();
  }
  ManualClock clock_;
  Grace grace_{clock_};
};

TEST_F(GraceTest, DenialsWaitFiveMinutes) {
  for (const char* reason :
       {"AdmissionDenied", "QuotaExceeded", "Forbidden", "ReferenceNotFound"}) {
    const auto shown = grace_.Soften(kKey, 1, StalledBy(reason), {});
    EXPECT_FALSE(shown.verdict.stalled.has_value());
    EXPECT_EQ(shown.verdict.progressing, (Cause{reason, "why"}));
    EXPECT_EQ(shown.revisit, Duration(minutes(5)));
    clock_.Advance(minutes(4));
    EXPECT_FALSE(IsStalled(reason));
    clock_.Advance(minutes(1));
    EXPECT_TRUE(IsStalled(reason));
  }
}

TEST_F(GraceTest, OtherReasonsStallAtOnce) {
  for (const char* reason : {"InvalidSpec", "OwnershipConflict", "ConfigRejected"}) {
    EXPECT_TRUE(IsStalled(reason));
  }
}

TEST_F(GraceTest, WhatWasShownAsStalledStaysSo) {
  const auto shown = MakeConditions(StalledBy("Forbidden"), 1, {}, clock_.WallNow());
  EXPECT_TRUE(IsStalled("Forbidden", shown));
  EXPECT_FALSE(IsStalled("QuotaExceeded", shown));
}

TEST_F(GraceTest, ARolloutThatDoesNotMoveTimesOut) {
  const auto show = [this](std::int64_t generation, const std::string& message,
                           const std::vector<Condition>& previous = {}) {
    Verdict verdict;
    verdict.progressing = Cause{"RolloutInProgress", message};
    return grace_.Soften(kKey, generation, verdict, previous);
  };
  EXPECT_EQ(show(1, "0 of 2").revisit, Duration(minutes(15)));
  clock_.Advance(minutes(14));
  EXPECT_EQ(show(1, "1 of 2").revisit, Duration(minutes(15))) << "it moves";
  clock_.Advance(minutes(14));
  EXPECT_EQ(show(2, "1 of 2").revisit, Duration(minutes(15))) << "another spec";
  clock_.Advance(minutes(15));
  const Verdict late = show(2, "1 of 2").verdict;
  EXPECT_FALSE(late.progressing);
  ASSERT_TRUE(late.stalled);
  EXPECT_EQ(late.stalled->reason, "RolloutTimedOut");

  const auto shown = MakeConditions(late, 2, {}, clock_.WallNow());
  Grace after_restart(clock_);
  Verdict verdict;
  verdict.progressing = Cause{"RolloutInProgress", "1 of 2"};
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_TRUE(after_restart.Soften(kKey, 2, verdict, shown).verdict.stalled) << pass;
  }
  EXPECT_FALSE(after_restart.Soften(kKey, 3, verdict, shown).verdict.stalled);
  EXPECT_TRUE(show(2, "2 of 2", shown).verdict.progressing) << "it moves again";
}

TEST_F(GraceTest, RecoveryStartsItOver) {
  EXPECT_FALSE(IsStalled("Forbidden"));
  clock_.Advance(minutes(4));
  EXPECT_FALSE(grace_.Soften(kKey, 1, {}, {}).revisit.has_value());
  clock_.Advance(minutes(4));
  EXPECT_FALSE(IsStalled("Forbidden"));
}

}  // namespace
}  // namespace belvedere::runtime

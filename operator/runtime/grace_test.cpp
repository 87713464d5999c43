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
    return grace_.Soften(kKey, StalledBy(reason), previous).verdict.stalled.has_value();
  }
  ManualClock clock_;
  Grace grace_{clock_};
};

TEST_F(GraceTest, DenialsWaitFiveMinutes) {
  for (const char* reason :
       {"AdmissionDenied", "QuotaExceeded", "Forbidden", "ReferenceNotFound"}) {
    const auto shown = grace_.Soften(kKey, StalledBy(reason), {});
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

TEST_F(GraceTest, RecoveryStartsItOver) {
  EXPECT_FALSE(IsStalled("Forbidden"));
  clock_.Advance(minutes(4));
  EXPECT_FALSE(grace_.Soften(kKey, {}, {}).revisit.has_value());
  clock_.Advance(minutes(4));
  EXPECT_FALSE(IsStalled("Forbidden"));
}

}  // namespace
}  // namespace belvedere::runtime

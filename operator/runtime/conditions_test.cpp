#include "operator/runtime/conditions.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace belvedere::runtime {
namespace {

using std::chrono::seconds;

WallTime At(int second) { return WallTime{} + seconds(second); }

Verdict Good() {
  return {.accepted = {Truth::kTrue, {"Accepted", ""}},
          .available = {Truth::kTrue, {"Available", ""}},
          .config_loaded = {Truth::kTrue, {"ConfigLoaded", ""}}};
}

const Condition& Find(const std::vector<Condition>& conditions, std::string_view type) {
  const Condition* found = FindCondition(conditions, type);
  if (found == nullptr) throw std::out_of_range(std::string(type));
  return *found;
}

TEST(Conditions, AllSixInOrderWithGeneration) {
  const auto conditions = MakeConditions({}, 7, {}, At(1));
  std::vector<std::string> types;
  for (const Condition& condition : conditions) {
    types.push_back(condition.type);
    EXPECT_EQ(condition.observed_generation, 7);
    EXPECT_EQ(condition.last_transition_time, "1970-01-01T00:00:01Z");
    EXPECT_FALSE(condition.cause.reason.empty());
  }
  EXPECT_EQ(types, (std::vector<std::string>{"Ready", "Reconciling", "Stalled", "Accepted",
                                             "Available", "ConfigLoaded"}));
}

TEST(Conditions, AllGoodIsReconciled) {
  const auto conditions = MakeConditions(Good(), 1, {}, At(1));
  EXPECT_EQ(Find(conditions, "Ready").status, Truth::kTrue);
  EXPECT_EQ(Find(conditions, "Ready").cause.reason, "Reconciled");
  EXPECT_EQ(Find(conditions, "Reconciling").status, Truth::kFalse);
  EXPECT_EQ(Find(conditions, "Stalled").status, Truth::kFalse);
}

TEST(Conditions, ProgressGivesItsReasonToReady) {
  Verdict verdict = Good();
  verdict.progressing = Cause{"RolloutInProgress", "2 of 3 pods of prometheus updated"};
  const auto conditions = MakeConditions(verdict, 1, {}, At(1));
  EXPECT_EQ(Find(conditions, "Ready").status, Truth::kFalse);
  EXPECT_EQ(Find(conditions, "Ready").cause, *verdict.progressing);
  EXPECT_EQ(Find(conditions, "Reconciling").cause, *verdict.progressing);
}

TEST(Conditions, StalledOutranksProgress) {
  Verdict verdict = Good();
  verdict.progressing = Cause{"Progressing", ""};
  verdict.stalled = Cause{"OwnershipConflict", "ConfigMap a/b is not ours"};
  const auto conditions = MakeConditions(verdict, 1, {}, At(1));
  EXPECT_EQ(Find(conditions, "Ready").cause, *verdict.stalled);
  EXPECT_EQ(Find(conditions, "Stalled").status, Truth::kTrue);
  EXPECT_EQ(Find(conditions, "Reconciling").status, Truth::kFalse);
}

TEST(Conditions, PausedWithWaitingWorkIsNotReady) {
  Verdict verdict = Good();
  verdict.paused = Cause{"Paused", "3 writes wait"};
  const auto conditions = MakeConditions(verdict, 1, {}, At(1));
  EXPECT_EQ(Find(conditions, "Ready").status, Truth::kFalse);
  EXPECT_EQ(Find(conditions, "Ready").cause.reason, "Paused");
  EXPECT_EQ(Find(conditions, "Reconciling").status, Truth::kFalse);
}

TEST(Conditions, UnavailableWithNothingLeftToDoIsNotReconciling) {
  Verdict verdict = Good();
  verdict.available = {Truth::kFalse, {"CrashLoop", "pod prometheus-0 crashes"}};
  const auto conditions = MakeConditions(verdict, 1, {}, At(1));
  EXPECT_EQ(Find(conditions, "Ready").cause.reason, "CrashLoop");
  EXPECT_EQ(Find(conditions, "Reconciling").status, Truth::kFalse);
}

TEST(Conditions, TransitionTimeMovesOnlyWithStatus) {
  const auto first = MakeConditions(Good(), 1, {}, At(1));
  Verdict verdict = Good();
  verdict.progressing = Cause{"Progressing", ""};
  const auto second = MakeConditions(verdict, 2, first, At(2));
  EXPECT_EQ(Find(second, "Ready").last_transition_time, FormatTime(At(2)));
  EXPECT_EQ(Find(second, "Accepted").last_transition_time, FormatTime(At(1)));
  verdict.progressing = Cause{"WaitingForPods", ""};
  const auto third = MakeConditions(verdict, 2, second, At(3));
  EXPECT_EQ(Find(third, "Ready").cause.reason, "WaitingForPods");
  EXPECT_EQ(Find(third, "Ready").last_transition_time, FormatTime(At(2)));
}

TEST(Conditions, SurviveJson) {
  Verdict verdict = Good();
  verdict.stalled = Cause{"InvalidSpec", "spec.retention: too long"};
  const auto conditions = MakeConditions(verdict, 3, {}, At(5));
  EXPECT_EQ(ConditionsFrom(Json{{"conditions", ToJson(conditions)}}), conditions);
  EXPECT_TRUE(ConditionsFrom(Json(7)).empty());
  EXPECT_TRUE(ConditionsFrom(Json{{"conditions", "x"}}).empty());
}

class RandomVerdicts {
 public:
  Verdict Next() {
    Verdict verdict{.accepted = RandomFact(),
                    .available = RandomFact(),
                    .config_loaded = RandomFact(),
                    .progressing = RandomCause(),
                    .stalled = RandomCause(),
                    .paused = RandomCause()};
    return verdict;
  }

 private:
  Fact RandomFact() {
    constexpr std::array kTruths = {Truth::kTrue, Truth::kFalse, Truth::kUnknown};
    return {kTruths.at(random_() % 3), {random_() % 4 == 0 ? "" : "Some", "text"}};
  }
  std::optional<Cause> RandomCause() {
    if (random_() % 2 == 0) return std::nullopt;
    return Cause{random_() % 4 == 0 ? "" : "Why", "text"};
  }
  std::mt19937 random_{20260101};
};

TEST(Conditions, InvariantsHoldForAnyVerdict) {
  RandomVerdicts verdicts;
  std::vector<Condition> previous;
  int ready = 0;
  for (int round = 0; round < 5000; ++round) {
    const Verdict verdict = verdicts.Next();
    const auto now = MakeConditions(verdict, round, previous, At(round));
    const auto is_true = [&now](std::string_view type) {
      return Find(now, type).status == Truth::kTrue;
    };
    EXPECT_FALSE(is_true("Reconciling") && is_true("Stalled"));
    if (is_true("Ready")) {
      ++ready;
      EXPECT_TRUE(is_true("Accepted") && is_true("Available") && is_true("ConfigLoaded"));
      EXPECT_FALSE(is_true("Reconciling") || is_true("Stalled"));
    }
    for (const Condition& condition : now) {
      EXPECT_FALSE(condition.cause.reason.empty());
      EXPECT_EQ(condition.observed_generation, round);
      const Condition* before = FindCondition(previous, condition.type);
      if (before == nullptr) continue;
      EXPECT_EQ(before->status == condition.status,
                before->last_transition_time == condition.last_transition_time);
    }
    previous = now;
  }
  EXPECT_GT(ready, 0);
}

}  // namespace
}  // namespace belvedere::runtime

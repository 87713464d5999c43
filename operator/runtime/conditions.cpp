#include "operator/runtime/conditions.h"

#include <array>
#include <utility>

namespace belvedere::runtime {
namespace {

Fact Filled(std::string_view type, Fact fact) {
  // metav1.Condition refuses an empty reason.
  if (fact.cause.reason.empty()) {
    fact.cause.reason = fact.truth == Truth::kTrue ? std::string(type) : "Unknown";
  }
  return fact;
}

Fact True(Cause cause) { return {Truth::kTrue, std::move(cause)}; }
Fact False(Cause cause) { return {Truth::kFalse, std::move(cause)}; }

Fact StalledOf(const Verdict& verdict) {
  if (verdict.stalled.has_value()) return True(*verdict.stalled);
  return False({"NotStalled", ""});
}

Fact ReconcilingOf(const Verdict& verdict) {
  if (verdict.stalled.has_value()) return False({"Stalled", "Waits for a change by a human"});
  if (verdict.paused.has_value()) return False({"Paused", ""});
  if (verdict.progressing.has_value()) return True(*verdict.progressing);
  return False({"Idle", ""});
}

// The first of the positive facts that is not True, in the order in which they depend on each
// other; null when all hold.
const Fact* FirstLack(const Verdict& verdict) {
  const std::array<const Fact*, 3> facts = {&verdict.accepted, &verdict.available,
                                            &verdict.config_loaded};
  for (const Fact* fact : facts) {
    if (fact->truth != Truth::kTrue) return fact;
  }
  return nullptr;
}

Fact ReadyOf(const Verdict& verdict) {
  if (verdict.stalled.has_value()) return False(*verdict.stalled);
  if (verdict.paused.has_value()) return False({"Paused", verdict.paused->message});
  if (verdict.progressing.has_value()) return False(*verdict.progressing);
  if (const Fact* lack = FirstLack(verdict)) return *lack;
  return True({"Reconciled", "Rolled out and serving"});
}

Truth TruthFrom(const std::string& text) {
  if (text == "True") return Truth::kTrue;
  return text == "False" ? Truth::kFalse : Truth::kUnknown;
}

}  // namespace

std::string_view ToString(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return "True";
    case Truth::kFalse:
      return "False";
    case Truth::kUnknown:
      break;
  }
  return "Unknown";
}

std::vector<Condition> MakeConditions(const Verdict& verdict, std::int64_t generation,
                                      const std::vector<Condition>& previous, WallTime now) {
  std::vector<std::pair<std::string, Fact>> facts = {
      {"Ready", ReadyOf(verdict)},      {"Reconciling", ReconcilingOf(verdict)},
      {"Stalled", StalledOf(verdict)},  {"Accepted", verdict.accepted},
      {"Available", verdict.available}, {"ConfigLoaded", verdict.config_loaded},
  };
  facts.insert(facts.end(), verdict.others.begin(), verdict.others.end());
  std::vector<Condition> result;
  for (const auto& [type, fact] : facts) {
    Fact filled = Filled(type, fact);
    const Condition* before = FindCondition(previous, type);
    const bool is_same = before != nullptr && before->status == filled.truth &&
                         !before->last_transition_time.empty();
    result.push_back(Condition{
        .type = type,
        .status = filled.truth,
        .cause = std::move(filled.cause),
        .observed_generation = generation,
        .last_transition_time = is_same ? before->last_transition_time : FormatTime(now),
    });
  }
  return result;
}

Json ToJson(const std::vector<Condition>& conditions) {
  Json list = Json::array();
  for (const Condition& condition : conditions) {
    list.push_back({
        {"type", condition.type},
        {"status", std::string(ToString(condition.status))},
        {"reason", condition.cause.reason},
        {"message", condition.cause.message},
        {"observedGeneration", condition.observed_generation},
        {"lastTransitionTime", condition.last_transition_time},
    });
  }
  return list;
}

std::vector<Condition> ConditionsFrom(const Json& status) {
  std::vector<Condition> result;
  const Json& list = At(status, "/conditions");
  if (!list.is_array()) return result;
  for (const Json& item : list) {
    result.push_back(Condition{
        .type = StringAt(item, "/type"),
        .status = TruthFrom(StringAt(item, "/status")),
        .cause = {StringAt(item, "/reason"), StringAt(item, "/message")},
        .observed_generation = IntAt(item, "/observedGeneration"),
        .last_transition_time = StringAt(item, "/lastTransitionTime"),
    });
  }
  return result;
}

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  for (const Condition& condition : conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace belvedere::runtime

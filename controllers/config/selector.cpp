#include "controllers/config/selector.h"

#include <algorithm>
#include <regex>

namespace belvedere::config {
namespace {

bool Matches(const std::string& text, const std::regex& pattern) {
  return std::regex_match(text, pattern);
}

const std::regex& KeyPattern() {
  static const std::regex kPattern(
      "([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  return kPattern;
}

const std::regex& ValuePattern() {
  static const std::regex kPattern("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
  return kPattern;
}

LabelRequirement ReadRequirement(FieldReader& reader) {
  using Operator = LabelRequirement::Operator;
  LabelRequirement result;
  result.key = reader.Text("key", 316).value_or("");
  if (!Matches(result.key, KeyPattern())) {
    reader.Note("key", "\"" + result.key + "\" is not a label key");
  }
  result.op = reader.Choice<Operator>("operator",
                                      {{"In", Operator::kIn},
                                       {"NotIn", Operator::kNotIn},
                                       {"Exists", Operator::kExists},
                                       {"DoesNotExist", Operator::kDoesNotExist}},
                                      Operator::kExists);
  if (!reader.Has("operator")) reader.Note("operator", "is required");
  result.values = reader.Texts("values");
  const bool needs = result.op == Operator::kIn || result.op == Operator::kNotIn;
  if (needs == result.values.empty()) {
    reader.Note("values", needs ? "is required with operators In and NotIn"
                                : "must be empty with operators Exists and DoesNotExist");
  }
  for (const std::string& value : result.values) {
    if (!Matches(value, ValuePattern())) {
      reader.Note("values", "\"" + value + "\" is not a label value");
    }
  }
  reader.RejectOthers();
  return result;
}

bool Holds(const LabelRequirement& requirement, const std::map<std::string, std::string>& labels) {
  using Operator = LabelRequirement::Operator;
  const auto found = labels.find(requirement.key);
  const bool exists = found != labels.end();
  const bool is_in =
      exists && std::ranges::find(requirement.values, found->second) != requirement.values.end();
  switch (requirement.op) {
    case Operator::kIn:
      return is_in;
    case Operator::kNotIn:
      return !is_in;
    case Operator::kExists:
      return exists;
    case Operator::kDoesNotExist:
      return !exists;
  }
  return false;
}

}  // namespace

bool Selects(const LabelSelector& selector, const std::map<std::string, std::string>& labels) {
  const bool all_match = std::ranges::all_of(selector.match_labels, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
  return all_match && std::ranges::all_of(selector.match_expressions,
                                          [&](const auto& one) { return Holds(one, labels); });
}

LabelSelector ReadSelector(FieldReader reader) {
  LabelSelector selector{.match_labels = reader.Map("matchLabels")};
  FieldReader labels = reader.Child("matchLabels");
  for (const auto& [key, value] : selector.match_labels) {
    if (!Matches(key, KeyPattern())) labels.Note(key, "is not a label key");
    if (!Matches(value, ValuePattern())) {
      labels.Note(key, "\"" + value + "\" is not a label value");
    }
  }
  for (FieldReader& item : reader.Items("matchExpressions")) {
    selector.match_expressions.push_back(ReadRequirement(item));
  }
  reader.RejectOthers();
  return selector;
}

}  // namespace belvedere::config

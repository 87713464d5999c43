#include "operator/kube/selector.h"

#include <algorithm>
#include <utility>

#include "operator/kube/path.h"

namespace belvedere::kube {
namespace {

using Operator = Requirement::Operator;

constexpr std::size_t kMaxPart = 63;
constexpr std::size_t kMaxPrefix = 253;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Name part of a label key, or a label value.
bool IsQualified(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPart && IsAlnum(text.front()) &&
         IsAlnum(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlnum(c) || c == '-' || c == '_' || c == '.';
         });
}

bool IsKey(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return IsQualified(key);
  const std::string_view prefix = key.substr(0, slash);
  // Any type whose names are DNS-1123 subdomains will do for the prefix.
  return prefix.size() <= kMaxPrefix && CheckName(types::kConfigMap, prefix).has_value() &&
         IsQualified(key.substr(slash + 1));
}

bool IsValue(std::string_view value) { return value.empty() || IsQualified(value); }

Status Check(const Requirement& requirement) {
  if (!IsKey(requirement.key)) return Fail(ErrorCode::kInvalid, "selector: not a label key");
  const bool needs_values = requirement.op == Operator::kIn || requirement.op == Operator::kNotIn;
  if (needs_values == requirement.values.empty()) {
    return Fail(ErrorCode::kInvalid, "selector: In and NotIn need values, the others take none");
  }
  if (!std::all_of(requirement.values.begin(), requirement.values.end(), IsValue)) {
    return Fail(ErrorCode::kInvalid, "selector: not a label value");
  }
  return {};
}

// Reads the text form, token by token.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<std::vector<Requirement>> ParseAll() {
    std::vector<Requirement> result;
    SkipSpace();
    if (rest_.empty()) return result;
    do {
      Result<Requirement> next = ParseOne();
      if (!next) return Fail(next.error());
      result.push_back(std::move(*next));
    } while (Take(","));
    if (!rest_.empty()) return Fail(ErrorCode::kInvalid, "selector: unexpected text at the end");
    return result;
  }

 private:
  Result<Requirement> ParseOne() {
    Requirement result;
    const bool negated = Take("!");
    result.key = TakeWord();
    if (negated) {
      result.op = Operator::kDoesNotExist;
    } else if (Take("!=")) {
      result.op = Operator::kNotIn;
      result.values.insert(TakeWord());
    } else if (Take("==") || Take("=")) {
      result.op = Operator::kIn;
      result.values.insert(TakeWord());
    } else if (const std::string word = TakeWord(); !word.empty()) {
      if (word != "in" && word != "notin") {
        return Fail(ErrorCode::kInvalid, "selector: unknown operator");
      }
      result.op = word == "in" ? Operator::kIn : Operator::kNotIn;
      if (!TakeValues(result.values)) {
        return Fail(ErrorCode::kInvalid, "selector: values must stand in parentheses");
      }
    }
    if (Status checked = Check(result); !checked) return Fail(checked.error());
    return result;
  }

  bool TakeValues(std::set<std::string>& values) {
    if (!Take("(")) return false;
    do values.insert(TakeWord());
    while (Take(","));
    return Take(")");
  }

  std::string TakeWord() {
    SkipSpace();
    const std::size_t size = std::min(rest_.find_first_of(" \t\r\n,()!="), rest_.size());
    std::string word(rest_.substr(0, size));
    rest_.remove_prefix(size);
    SkipSpace();
    return word;
  }

  bool Take(std::string_view token) {
    SkipSpace();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    SkipSpace();
    return true;
  }

  void SkipSpace() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  std::string_view rest_;
};

Result<Operator> OperatorOf(const std::string& name) {
  if (name == "In") return Operator::kIn;
  if (name == "NotIn") return Operator::kNotIn;
  if (name == "Exists") return Operator::kExists;
  if (name == "DoesNotExist") return Operator::kDoesNotExist;
  return Fail(ErrorCode::kInvalid, "selector: unknown operator");
}

Result<Requirement> FromExpression(const Json& expression) {
  const Result<Operator> op = OperatorOf(StringAt(expression, "/operator"));
  if (!op) return Fail(op.error());
  Requirement result{.key = StringAt(expression, "/key"), .op = *op, .values = {}};
  const Json& values = At(expression, "/values");
  if (values.is_array()) {
    for (const Json& value : values) {
      if (!value.is_string()) return Fail(ErrorCode::kInvalid, "selector: value is not a string");
      result.values.insert(value.get<std::string>());
    }
  }
  if (Status checked = Check(result); !checked) return Fail(checked.error());
  return result;
}

std::string TextOf(const Requirement& requirement) {
  if (requirement.op == Operator::kExists) return requirement.key;
  if (requirement.op == Operator::kDoesNotExist) return "!" + requirement.key;
  const bool in = requirement.op == Operator::kIn;
  if (requirement.values.size() == 1) {
    return requirement.key + (in ? "=" : "!=") + *requirement.values.begin();
  }
  std::string text = requirement.key + (in ? " in (" : " notin (");
  std::string_view separator;
  for (const std::string& value : requirement.values) {
    text.append(separator).append(value);
    separator = ",";
  }
  return text + ")";
}

}  // namespace

bool Requirement::Matches(const LabelMap& labels) const {
  const auto found = labels.find(key);
  const bool present = found != labels.end();
  switch (op) {
    case Operator::kIn:
      return present && values.count(found->second) > 0;
    case Operator::kNotIn:
      return !present || values.count(found->second) == 0;
    case Operator::kExists:
      return present;
    case Operator::kDoesNotExist:
      return !present;
  }
  return false;
}

Selector::Selector(std::vector<Requirement> requirements) : requirements_(std::move(requirements)) {
  std::sort(requirements_.begin(), requirements_.end());
  requirements_.erase(std::unique(requirements_.begin(), requirements_.end()), requirements_.end());
}

Result<Selector> Selector::Parse(std::string_view text) {
  Result<std::vector<Requirement>> parsed = Parser(text).ParseAll();
  if (!parsed) return Fail(parsed.error());
  return Selector(std::move(*parsed));
}

Result<Selector> Selector::FromJson(const Json& label_selector) {
  if (!label_selector.is_object()) return Fail(ErrorCode::kInvalid, "selector: not an object");
  std::vector<Requirement> result;
  if (const Json& labels = At(label_selector, "/matchLabels"); labels.is_object()) {
    for (const auto& [key, value] : labels.items()) {
      if (!value.is_string()) return Fail(ErrorCode::kInvalid, "selector: value is not a string");
      Requirement equal{.key = key, .op = Operator::kIn, .values = {value.get<std::string>()}};
      if (Status checked = Check(equal); !checked) return Fail(checked.error());
      result.push_back(std::move(equal));
    }
  }
  if (const Json& expressions = At(label_selector, "/matchExpressions"); expressions.is_array()) {
    for (const Json& expression : expressions) {
      Result<Requirement> next = FromExpression(expression);
      if (!next) return Fail(next.error());
      result.push_back(std::move(*next));
    }
  }
  return Selector(std::move(result));
}

bool Selector::Matches(const LabelMap& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&labels](const Requirement& one) { return one.Matches(labels); });
}

std::string Selector::ToString() const {
  std::string text;
  for (const Requirement& requirement : requirements_) {
    if (!text.empty()) text += ',';
    text += TextOf(requirement);
  }
  return text;
}

LabelMap LabelsOf(const Json& object) {
  LabelMap result;
  const Json& labels = At(object, "/metadata/labels");
  if (!labels.is_object()) return result;
  for (const auto& [key, value] : labels.items()) {
    if (value.is_string()) result.emplace(key, value.get<std::string>());
  }
  return result;
}

}  // namespace belvedere::kube

#include "controllers/config/fluentbit_schema.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace belvedere::config::fluentbit {
namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Digits and at most one of `units`.
bool IsAmount(std::string_view text, std::string_view units) {
  if (!text.empty() && units.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return IsDigits(text);
}

bool IsOneOf(std::string_view words, std::string_view word) {
  for (std::string_view rest = words; !rest.empty();) {
    const std::string_view next = rest.substr(0, rest.find('|'));
    if (next == word) return true;
    rest.remove_prefix(std::min(rest.size(), next.size() + 1));
  }
  return false;
}

bool IsNumber(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number != nullptr && *number >= 0;
}

// The text, where it is one that holds no secret.
const std::string* Literal(const Value& value) {
  const auto* text = std::get_if<Text>(&value);
  return text != nullptr && text->secret_file.empty() ? &text->literal : nullptr;
}

bool Allows(const KeySchema& schema, const Value& value) {
  const std::string* literal = Literal(value);
  switch (schema.type) {
    case KeyType::kText:
      if (schema.times == Times::kList) return std::holds_alternative<std::vector<Text>>(value);
      return std::holds_alternative<Text>(value);
    case KeyType::kInteger:
      return IsNumber(value);
    case KeyType::kToggle:
      return std::holds_alternative<Toggle>(value);
    case KeyType::kSize:
      return IsNumber(value) || (literal != nullptr && IsAmount(*literal, "kMG"));
    case KeyType::kTime:
      return IsNumber(value) || (literal != nullptr && IsAmount(*literal, "smh"));
    case KeyType::kWord:
      return literal != nullptr && IsOneOf(schema.words, *literal);
  }
  return false;
}

// The keys that the section may hold; null where Fluent Bit has no such plugin for us. A parser's
// name is its own.
std::map<std::string_view, const KeySchema*> KeysOf(SectionKind kind, std::string_view plugin) {
  std::map<std::string_view, const KeySchema*> keys;
  for (const KeySchema& row : Schema()) {
    const bool general = row.plugin == "*";
    if (row.section == kind && (general || row.plugin == plugin)) keys[row.key] = &row;
  }
  return keys;
}

bool IsKnown(SectionKind kind, std::string_view plugin) {
  if (kind == SectionKind::kService || kind == SectionKind::kParser) return true;
  return std::ranges::any_of(
      Schema(), [&](const KeySchema& row) { return row.section == kind && row.plugin == plugin; });
}

}  // namespace

Status CheckSection(SectionKind kind, const Section& section) {
  if (!IsKnown(kind, section.name)) {
    return Fail(ErrorCode::kInternal, "no plugin " + section.name + " in the schema");
  }
  const std::map<std::string_view, const KeySchema*> keys = KeysOf(kind, section.name);
  std::set<std::string_view> seen;
  for (const Property& property : section.properties) {
    const std::string where = section.name + "." + property.key;
    const auto found = keys.find(property.key);
    if (found == keys.end()) return Fail(ErrorCode::kInternal, where + " is not in the schema");
    if (!seen.insert(property.key).second) {
      return Fail(ErrorCode::kInternal, where + " is given twice");
    }
    if (!Allows(*found->second, property.value)) {
      return Fail(ErrorCode::kInvalid, where + " has a value that its type does not allow");
    }
  }
  for (const auto& [key, row] : keys) {
    if (row->times == Times::kRequired && !seen.contains(key)) {
      return Fail(ErrorCode::kInternal, section.name + "." + std::string(key) + " is missing");
    }
  }
  return {};
}

}  // namespace belvedere::config::fluentbit

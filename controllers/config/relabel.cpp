#include "controllers/config/relabel.h"

namespace belvedere::config {
namespace {

// How Prometheus spells a Kubernetes label key in a meta label.
std::string Sanitized(std::string_view key) {
  std::string result(key);
  for (char& c : result) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!kept) c = '_';
  }
  return result;
}

std::string ValueOf(const std::string& key) {
  return "__meta_kubernetes_namespace_label_" + Sanitized(key);
}
std::string PresenceOf(const std::string& key) {
  return "__meta_kubernetes_namespace_labelpresent_" + Sanitized(key);
}

std::string AnyOf(const std::vector<std::string>& values) {
  std::string result;
  for (const std::string& value : values) result += (result.empty() ? "" : "|") + Quoted(value);
  return "(" + result + ")";
}

// Presence is asked for as well, because a missing label reads like an empty one.
Json ToRule(const LabelRequirement& requirement) {
  using Operator = LabelRequirement::Operator;
  const SourceLabels presence{PresenceOf(requirement.key)};
  const SourceLabels both{PresenceOf(requirement.key), ValueOf(requirement.key)};
  switch (requirement.op) {
    case Operator::kIn:
      return Keep(both, "true;" + AnyOf(requirement.values));
    case Operator::kNotIn:
      return Drop(both, "true;" + AnyOf(requirement.values));
    case Operator::kExists:
      return Keep(presence, "true");
    case Operator::kDoesNotExist:
      return Drop(presence, "true");
  }
  return nullptr;
}

Json Rule(const SourceLabels& sources, std::string_view regex, std::string_view action) {
  return Json{{"source_labels", sources}, {"regex", regex}, {"action", action}};
}

}  // namespace

Json Keep(const SourceLabels& sources, std::string_view regex) {
  return Rule(sources, regex, "keep");
}

Json Drop(const SourceLabels& sources, std::string_view regex) {
  return Rule(sources, regex, "drop");
}

Json Replace(const SourceLabels& sources, std::string_view regex, std::string_view replacement,
             std::string_view target) {
  Json rule = Rule(sources, regex, "replace");
  rule["replacement"] = replacement;
  rule["target_label"] = target;
  return rule;
}

Json Copy(const std::string& source, std::string_view target) {
  return Json{{"source_labels", SourceLabels{source}}, {"target_label", target}};
}

Json Set(std::string_view target, std::string_view value) {
  return Json{{"target_label", target}, {"replacement", value}};
}

Json DropLabels(std::string_view regex) { return Json{{"action", "labeldrop"}, {"regex", regex}}; }

std::string Quoted(std::string_view text) {
  static constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  std::string result;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::vector<Json> KeepNamespaces(const LabelSelector& selector) {
  std::vector<Json> rules;
  for (const auto& [key, value] : selector.match_labels) {
    rules.push_back(ToRule({.key = key, .op = LabelRequirement::Operator::kIn, .values = {value}}));
  }
  for (const LabelRequirement& requirement : selector.match_expressions) {
    rules.push_back(ToRule(requirement));
  }
  return rules;
}

}  // namespace belvedere::config

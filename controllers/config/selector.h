#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/config/field_reader.h"

// Label selectors, as a spec has them.
namespace belvedere::config {

// metav1.LabelSelectorRequirement.
struct LabelRequirement {
  std::string key;
  enum class Operator { kIn, kNotIn, kExists, kDoesNotExist } op = Operator::kExists;
  std::vector<std::string> values;
};

// metav1.LabelSelector; empty selects everything.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<LabelRequirement> match_expressions;

  bool Empty() const { return match_labels.empty() && match_expressions.empty(); }
};

// Whether something with these labels is selected.
bool Selects(const LabelSelector& selector, const std::map<std::string, std::string>& labels);

// Reads a whole selector; keys and values that no label can have are noted.
LabelSelector ReadSelector(FieldReader reader);

}  // namespace belvedere::config

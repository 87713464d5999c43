#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere::kube {

using LabelMap = std::map<std::string, std::string>;

// One condition on one label. kIn and kNotIn have values, the others none.
struct Requirement {
  enum class Operator { kIn, kNotIn, kExists, kDoesNotExist };

  std::string key;
  Operator op = Operator::kExists;
  std::set<std::string> values;

  bool Matches(const LabelMap& labels) const;
  auto operator<=>(const Requirement&) const = default;
};

// A label selector: all requirements must hold; none at all matches everything. Keys and values are
// valid label keys and values, so that the text form needs no quoting.
class Selector {
 public:
  // The text form of a query: "a=b,c!=d,e in (f,g),h notin (i),j,!k". Error: kInvalid.
  static Result<Selector> Parse(std::string_view text);
  // A metav1.LabelSelector. What an absent one means differs between APIs, so null is kInvalid.
  static Result<Selector> FromJson(const Json& label_selector);

  bool Matches(const LabelMap& labels) const;
  // Canonical text: sorted, equal selectors give equal bytes, Parse() reads it back.
  std::string ToString() const;
  const std::vector<Requirement>& requirements() const { return requirements_; }

 private:
  explicit Selector(std::vector<Requirement> requirements);

  std::vector<Requirement> requirements_;  // sorted, unique
};

// metadata.labels of an object; values that are not strings are left out.
LabelMap LabelsOf(const Json& object);

}  // namespace belvedere::kube

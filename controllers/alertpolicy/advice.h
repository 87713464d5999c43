#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/alertpolicy/spec.h"

// Good practice of alerting, beyond what a policy must be: one that does not follow it runs all the
// same. Entries that are refused are passed over.
namespace belvedere::alertpolicy {

struct Advice {
  std::string_view rule;  // its name, in AdviceRules()
  std::string text;       // path of the field, what is there, and why that may be bad
};

struct AdviceRule {
  std::string_view name;
  std::string_view why;
};

// For people; in the order in which advice is given.
std::vector<AdviceRule> AdviceRules();

std::vector<Advice> AdviceOn(const Spec& spec);

}  // namespace belvedere::alertpolicy

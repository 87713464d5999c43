#pragma once

#include <span>
#include <string_view>

namespace belvedere::config::promql {

enum class ValueType { kScalar, kVector, kMatrix, kString };

// As Prometheus' documentation calls it: "scalar", "instant vector", "range vector", "string".
std::string_view ToString(ValueType type);

enum class Stability { kStable, kExperimental };  // experimental: only with a feature flag

struct Function {
  std::string_view name;
  // A letter an argument: s scalar, v instant vector, m range vector, t string ("text").
  std::string_view arguments;
  ValueType returns = ValueType::kVector;
  // 0: takes exactly its arguments. Else the last one may be missing, or be given up to `repeats`
  // times; below 0: as often as one likes.
  int repeats = 0;
  Stability stability = Stability::kStable;

  // The type of argument `index`; those after the last are of its type.
  ValueType ArgumentType(std::size_t index) const;
};

// All functions of Prometheus 3.14, by name.
std::span<const Function> Functions();
// Null: there is none. Names are told apart by case.
const Function* FindFunction(std::string_view name);

struct Aggregation {
  enum class Parameter { kNone, kScalar, kString };

  std::string_view name;
  Parameter parameter = Parameter::kNone;
  Stability stability = Stability::kStable;
};

std::span<const Aggregation> Aggregations();
// In any case; null: there is none.
const Aggregation* FindAggregation(std::string_view name);

}  // namespace belvedere::config::promql

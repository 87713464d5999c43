#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere {

// A Kubernetes resource quantity: a fixed-point number (steps of 1e-9) that remembers the family of
// its suffix. Grammar:
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
class Quantity {
 public:
  enum class Format { kDecimalSi, kBinarySi, kDecimalExponent };

  Quantity() = default;
  // `value` whole units, written in `format`.
  explicit Quantity(std::int64_t value, Format format = Format::kDecimalSi);

  // Finer steps than 1e-9 are rounded away from zero, as Kubernetes does. Error: kInvalid, also for
  // magnitudes from 1e28 on and for binary suffixes with more than 18 decimals.
  static Result<Quantity> Parse(std::string_view text);
  // From a string or a number, the two forms that the API server accepts.
  static Result<Quantity> FromJson(const Json& value);

  // The form in which the API server writes it: no fraction, the largest suffix that loses nothing
  // ("1000m" is "1", "0.5" is "500m", "1.5Gi" is "1536Mi").
  std::string Canonical() const;

  // Rounded up, cut off at the ends of std::int64_t.
  std::int64_t Value() const;
  std::int64_t MilliValue() const;

  // By value; "1Ki" equals "1024".
  std::strong_ordering operator<=>(const Quantity& other) const;
  bool operator==(const Quantity& other) const { return nanos_ == other.nanos_; }

 private:
  __extension__ using Int128 = __int128;
  friend class QuantityParser;

  std::int64_t CeilDivide(Int128 unit) const;

  Int128 nanos_ = 0;
  Format format_ = Format::kDecimalSi;
};

}  // namespace belvedere

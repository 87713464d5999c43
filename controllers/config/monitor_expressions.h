#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/monitors.h"

namespace belvedere::config::monitors {

// How often values are recorded.
inline constexpr std::chrono::seconds kInterval{60};

// What one kind of monitor is made of.
struct Formula {
  struct Series {
    std::string_view name;
    promql::Expr expr;
  };

  std::string_view alert;
  std::vector<Series> recorded;  // each may read those before it
  promql::Expr condition;
};

// The series of a monitor's value, without what is no number.
inline constexpr std::string_view kValue = "monitor:value";

// What was recorded of a monitor.
promql::Selector Recorded(const std::map<std::string, std::string>& identity,
                          std::string_view name);

// The expression that a monitor watches; null: it watches none.
const promql::Expr* ValueOf(const Kind& kind);

// Labels that an alert has and its series has not.
using AddedLabels = std::vector<std::string>;

Formula MakeFormula(const Monitor& monitor, const AddedLabels& added);

}  // namespace belvedere::config::monitors

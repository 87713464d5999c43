#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controllers/config/monitors.h"

// Made series for each kind of monitor, with a fault and without one.
namespace belvedere::config::monitors::testing {

struct Series {
  std::string name;
  std::function<std::optional<double>(int)> at;  // minute; none: no sample
};

struct Fault {
  int from = 0;  // minutes
  int until = 0;
};

struct Scenario {
  std::string kind;
  std::string what;
  Monitor monitor;
  std::vector<Series> series;
  int minutes = 0;
  std::optional<Fault> fault;  // none: all is well
  int watched_from = 0;        // what fires before is right, and told elsewhere
  int step = 1;                // minutes between samples, and between evaluations
  std::string alerts = "alertname!=\"MonitorNoData\"";
};

promql::Expr ExprOf(const std::string& text);
Monitor MonitorOf(Kind kind);

std::vector<Scenario> Scenarios();

// The name of the page in docs/monitors that a kind of scenario is told on, and its text.
std::string PageOf(const Scenario& scenario);
std::string TextOfPage(const std::string& page);

}  // namespace belvedere::config::monitors::testing

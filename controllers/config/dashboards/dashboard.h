#pragma once

#include <string_view>
#include <vector>

#include "operator/base/json.h"

// Dashboards as data, and the JSON that Grafana reads of them.
namespace belvedere::config::dashboards {

enum class Source { kPrometheus, kLoki };

// Names that Grafana has for units.
inline constexpr std::string_view kNumber = "short";
inline constexpr std::string_view kRatio = "percentunit";
inline constexpr std::string_view kBytes = "bytes";
inline constexpr std::string_view kBytesPerSecond = "Bps";
inline constexpr std::string_view kSeconds = "s";
inline constexpr std::string_view kPerSecond = "ops";
inline constexpr std::string_view kCores = "none";
inline constexpr std::string_view kTime = "dateTimeAsIso";

struct Query {
  std::string_view expr;
  std::string_view legend;  // of one series, with its labels as {{label}}
};

// What a panel shows: series over time, the newest value, the newest values by label, or lines.
enum class Look { kGraph, kStat, kTable, kLogs };

struct Panel {
  std::string_view title;
  std::string_view unit;
  std::vector<Query> queries;
  Look look = Look::kGraph;
  Source source = Source::kPrometheus;
  std::string_view description;
};

// Panels of a row stand beside each other as they fit.
struct Row {
  std::string_view title;
  std::vector<Panel> panels;
};

// Something to choose: values of `label` that the series of `metric` have; queries use it as
// label=~"$name".
struct Variable {
  std::string_view name;
  std::string_view title;
  std::string_view metric;  // a selector
  std::string_view label;
  Source source = Source::kPrometheus;
};

// A line of text that a query looks for.
struct TextBox {
  std::string_view name;
  std::string_view title;
};

struct Dashboard {
  std::string_view uid;  // also the name of its file; never changes, since people link to it
  std::string_view title;
  std::string_view description;
  std::vector<Variable> variables;
  std::vector<Row> rows;
  std::vector<TextBox> text_boxes = {};
};

Json ToJson(const Dashboard& dashboard);

// The dashboards, one a file.
Dashboard Cluster();
Dashboard Nodes();
Dashboard Workloads();
Dashboard Applications();
Dashboard ControlPlane();
Dashboard Prometheus();
Dashboard Alertmanager();
Dashboard Operator();
Dashboard Logs();
Dashboard LogFlow();
Dashboard Slos();
Dashboard AlertQuality();

}  // namespace belvedere::config::dashboards

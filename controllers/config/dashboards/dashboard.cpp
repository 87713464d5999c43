#include "controllers/config/dashboards/dashboard.h"

#include <algorithm>
#include <string>

#include "controllers/config/grafana.h"

namespace belvedere::config::dashboards {
namespace {

constexpr int kSchemaVersion = 39;
constexpr int kColumns = 24;
constexpr int kRowHeight = 1;

struct Size {
  int width;
  int height;
};

// Small numbers share a line; graphs stand two by two; what is read line by line has all of it.
Size SizeOf(const Panel& panel, const Row& row) {
  switch (panel.look) {
    case Look::kStat: {
      const auto stats = std::ranges::count(row.panels, Look::kStat, &Panel::look);
      return {kColumns / std::clamp(static_cast<int>(stats), 2, 6), 4};
    }
    case Look::kGraph:
      return {kColumns / 2, 8};
    case Look::kTable:
      return {kColumns, 8};
    case Look::kLogs:
      return {kColumns, 16};
  }
  return {kColumns, 8};
}

std::string_view TypeOf(Look look) {
  switch (look) {
    case Look::kGraph:
      return "timeseries";
    case Look::kStat:
      return "stat";
    case Look::kTable:
      return "table";
    case Look::kLogs:
      return "logs";
  }
  return "";
}

Json SourceOf(Source source) {
  const char* uid = source == Source::kLoki ? kLokiSource : kPrometheusSource;
  return Json{{"type", uid}, {"uid", uid}};
}

Json OptionsOf(Look look) {
  switch (look) {
    case Look::kGraph:
      return {{"legend", {{"displayMode", "list"}, {"placement", "bottom"}, {"showLegend", true}}},
              {"tooltip", {{"mode", "multi"}, {"sort", "desc"}}}};
    case Look::kStat:
      return {{"reduceOptions", {{"calcs", Json::array({"lastNotNull"})}}},
              {"colorMode", "none"},
              {"graphMode", "area"}};
    case Look::kTable:
      return {{"showHeader", true}};
    case Look::kLogs:
      return {{"showTime", true},
              {"wrapLogMessage", true},
              {"enableLogDetails", true},
              {"sortOrder", "Descending"}};
  }
  return Json::object();
}

Json FieldsOf(const Panel& panel) {
  Json defaults = {{"unit", panel.unit}};
  if (panel.look == Look::kGraph) {
    defaults["custom"] = {{"fillOpacity", 10}, {"lineWidth", 1}, {"showPoints", "never"}};
    defaults["min"] = 0;
  }
  return Json{{"defaults", std::move(defaults)}, {"overrides", Json::array()}};
}

Json TargetOf(const Panel& panel, const Query& query, char letter) {
  const bool newest = panel.look == Look::kTable || panel.look == Look::kStat;
  Json target = {{"refId", std::string(1, letter)},
                 {"datasource", SourceOf(panel.source)},
                 {"expr", query.expr},
                 {"legendFormat", query.legend}};
  if (panel.source == Source::kLoki) {
    target["queryType"] = "range";
    return target;
  }
  target["range"] = !newest;
  target["instant"] = newest;
  if (panel.look == Look::kTable) target["format"] = "table";
  return target;
}

Json PanelJson(const Panel& panel, const Row& row) {
  const Size size = SizeOf(panel, row);
  Json made = {{"type", TypeOf(panel.look)},
               {"title", panel.title},
               {"datasource", SourceOf(panel.source)},
               {"gridPos", {{"w", size.width}, {"h", size.height}}},
               {"fieldConfig", FieldsOf(panel)},
               {"options", OptionsOf(panel.look)},
               {"targets", Json::array()}};
  if (!panel.description.empty()) made["description"] = panel.description;
  char letter = 'A';
  for (const Query& query : panel.queries) {
    made["targets"].push_back(TargetOf(panel, query, letter));
    ++letter;
  }
  // Each row of the answer is a line of the table; the time of all of them is now.
  if (panel.look == Look::kTable) {
    made["transformations"].push_back(
        {{"id", "organize"}, {"options", {{"excludeByName", {{"Time", true}}}}}});
  }
  return made;
}

// Puts panels from left to right, and on the next line where one does not fit.
class Layout {
 public:
  void AddRow(const Row& row) {
    NextLine();
    Json title = {{"type", "row"},
                  {"title", row.title},
                  {"collapsed", false},
                  {"gridPos", {{"w", kColumns}, {"h", kRowHeight}}},
                  {"panels", Json::array()}};
    Put(std::move(title));
    for (const Panel& panel : row.panels) Put(PanelJson(panel, row));
  }

  Json Take() { return std::move(panels_); }

 private:
  void Put(Json panel) {
    panel["id"] = static_cast<int>(panels_.size()) + 1;
    Json& place = panel["gridPos"];
    if (x_ + place["w"].get<int>() > kColumns) NextLine();
    place["x"] = x_;
    place["y"] = y_;
    x_ += place["w"].get<int>();
    line_ = std::max(line_, place["h"].get<int>());
    panels_.push_back(std::move(panel));
  }

  void NextLine() {
    x_ = 0;
    y_ += line_;
    line_ = 0;
  }

  Json panels_ = Json::array();
  int x_ = 0;
  int y_ = 0;
  int line_ = 0;
};

Json QueryOf(const Variable& variable) {
  const std::string label(variable.label);
  if (variable.source == Source::kLoki) {
    return Json{{"type", 1}, {"label", label}, {"stream", variable.metric}, {"refId", "variable"}};
  }
  return Json{{"query", "label_values(" + std::string(variable.metric) + ", " + label + ")"},
              {"refId", "variable"}};
}

Json VariableJson(const Variable& variable) {
  return Json{{"type", "query"},
              {"name", variable.name},
              {"label", variable.title},
              {"datasource", SourceOf(variable.source)},
              {"query", QueryOf(variable)},
              {"refresh", 2},  // whenever the time range changes
              {"sort", 1},
              {"multi", true},
              {"includeAll", true},
              // Loki asks for a matcher that cannot be empty.
              {"allValue", ".+"},
              {"current", {{"text", Json::array({"All"})}, {"value", Json::array({"$__all"})}}}};
}

Json TextBoxJson(const TextBox& box) {
  return Json{{"type", "textbox"},
              {"name", box.name},
              {"label", box.title},
              {"query", ""},
              {"current", {{"text", ""}, {"value", ""}}}};
}

Json Links() {
  Json links = Json::array();
  links.push_back({{"type", "dashboards"},
                   {"title", "Belvedere"},
                   {"tags", Json::array({"belvedere"})},
                   {"asDropdown", true},
                   {"includeVars", false},
                   {"keepTime", true}});
  return links;
}

}  // namespace

Json ToJson(const Dashboard& dashboard) {
  Layout layout;
  for (const Row& row : dashboard.rows) layout.AddRow(row);
  Json variables = Json::array();
  for (const Variable& variable : dashboard.variables) variables.push_back(VariableJson(variable));
  for (const TextBox& box : dashboard.text_boxes) variables.push_back(TextBoxJson(box));
  return Json{{"uid", dashboard.uid},
              {"title", dashboard.title},
              {"description", dashboard.description},
              {"tags", Json::array({"belvedere"})},
              {"schemaVersion", kSchemaVersion},
              {"editable", false},
              {"timezone", "browser"},
              {"refresh", "30s"},
              {"graphTooltip", 1},
              {"time", {{"from", "now-1h"}, {"to", "now"}}},
              {"links", Links()},
              {"templating", {{"list", std::move(variables)}}},
              {"panels", layout.Take()}};
}

}  // namespace belvedere::config::dashboards

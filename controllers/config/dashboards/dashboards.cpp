#include "controllers/config/dashboards/dashboards.h"

#include <array>

namespace belvedere::config {
namespace {

using dashboards::Dashboard;
using monitoringstack::AutoState;
using monitoringstack::LogStore;
using monitoringstack::State;
using monitoringstack::Targets;

// Which dashboard needs which targets, or which store.
struct Entry {
  Dashboard (*make)();
  bool (*is_needed)(const Targets& targets, LogStore store);
};

constexpr std::array<Entry, 9> kDashboards{{
    {dashboards::Cluster, [](const Targets&, LogStore) { return true; }},
    {dashboards::Nodes, [](const Targets& t, LogStore) { return t.nodes == State::kEnabled; }},
    {dashboards::Workloads,
     [](const Targets& t, LogStore) { return t.containers == State::kEnabled; }},
    {dashboards::Applications,
     [](const Targets& t, LogStore) { return t.annotations == State::kEnabled; }},
    {dashboards::ControlPlane,
     [](const Targets& t, LogStore) { return t.control_plane != AutoState::kDisabled; }},
    {dashboards::Prometheus, [](const Targets&, LogStore) { return true; }},
    {dashboards::Alertmanager, [](const Targets&, LogStore) { return true; }},
    // The operator is found by its annotations, as any application.
    {dashboards::Operator,
     [](const Targets& t, LogStore) { return t.annotations == State::kEnabled; }},
    {dashboards::Logs, [](const Targets&, LogStore store) { return store == LogStore::kLoki; }},
}};

// Built once: they are the same for every stack.
const std::string& TextOf(const Entry& entry) {
  static const std::map<Dashboard (*)(), std::string> kTexts = [] {
    std::map<Dashboard (*)(), std::string> texts;
    for (const Entry& each : kDashboards) texts[each.make] = Dump(ToJson(each.make()));
    return texts;
  }();
  return kTexts.at(entry.make);
}

}  // namespace

std::map<std::string, std::string> DashboardFiles(const Targets& targets, LogStore store) {
  std::map<std::string, std::string> files;
  for (const Entry& entry : kDashboards) {
    if (!entry.is_needed(targets, store)) continue;
    files.emplace(std::string(entry.make().uid) + ".json", TextOf(entry));
  }
  return files;
}

std::vector<Dashboard> Dashboards(const Targets& targets, LogStore store) {
  std::vector<Dashboard> made;
  for (const Entry& entry : kDashboards) {
    if (entry.is_needed(targets, store)) made.push_back(entry.make());
  }
  return made;
}

}  // namespace belvedere::config

#include "controllers/config/dashboards/dashboards.h"

#include <algorithm>
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

constexpr std::array<Entry, 12> kDashboards{{
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
    {dashboards::Slos, [](const Targets&, LogStore) { return true; }},
    {dashboards::AlertQuality, [](const Targets&, LogStore) { return true; }},
    {dashboards::LogFlow, [](const Targets&, LogStore) { return true; }},
    {dashboards::Logs, [](const Targets&, LogStore store) { return store == LogStore::kLoki; }},
}};

struct File {
  std::string name;
  std::string text;
};

// Of each entry, in their order. Built once: they are the same for every stack.
const std::array<File, kDashboards.size()>& Files() {
  static const std::array<File, kDashboards.size()> kFiles = [] {
    std::array<File, kDashboards.size()> files;
    std::ranges::transform(kDashboards, files.begin(), [](const Entry& entry) {
      const Dashboard dashboard = entry.make();
      return File{std::string(dashboard.uid) + ".json", Dump(ToJson(dashboard))};
    });
    return files;
  }();
  return kFiles;
}

}  // namespace

std::map<std::string, std::string> DashboardFiles(const Targets& targets, LogStore store) {
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < kDashboards.size(); ++i) {
    if (kDashboards[i].is_needed(targets, store)) files.emplace(Files()[i].name, Files()[i].text);
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

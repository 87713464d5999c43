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

// Of each entry, in their order.
const std::array<std::string, kDashboards.size()>& Uids() {
  static const std::array<std::string, kDashboards.size()> kUids = [] {
    std::array<std::string, kDashboards.size()> uids;
    std::ranges::transform(kDashboards, uids.begin(),
                           [](const Entry& entry) { return std::string(entry.make().uid); });
    return uids;
  }();
  return kUids;
}

}  // namespace

std::vector<std::string_view> DashboardsOf(const Targets& targets, LogStore store) {
  std::vector<std::string_view> uids;
  for (std::size_t i = 0; i < kDashboards.size(); ++i) {
    if (kDashboards[i].is_needed(targets, store)) uids.push_back(Uids()[i]);
  }
  return uids;
}

std::vector<Dashboard> Dashboards() {
  std::vector<Dashboard> made;
  made.reserve(kDashboards.size());
  for (const Entry& entry : kDashboards) made.push_back(entry.make());
  return made;
}

std::string FileNameOf(const Dashboard& dashboard) { return std::string(dashboard.uid) + ".json"; }

std::string FileTextOf(const Dashboard& dashboard) { return ToJson(dashboard).dump(1) + "\n"; }

}  // namespace belvedere::config

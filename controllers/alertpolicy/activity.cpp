#include "controllers/alertpolicy/activity.h"

#include <algorithm>

#include "controllers/alertpolicy/alerts.h"
#include "controllers/config/promql/literals.h"
#include "controllers/config/silences.h"
#include "controllers/config/slo.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::alertpolicy {
namespace {

std::string Pair(std::string_view label, std::string_view value) {
  return std::string(label) + "=\"" + std::string(value) + "\"";
}

// Of name{label="value",…}; a quote within a value has a backslash before it.
bool Has(std::string_view series, std::string_view pair) {
  for (std::size_t at = series.find(pair); at != std::string_view::npos;
       at = series.find(pair, at + 1)) {
    if (at > 0 && (series[at - 1] == '{' || series[at - 1] == ',')) return true;
  }
  return false;
}

bool Has(std::string_view series, std::string_view label, std::string_view value) {
  return Has(series, Pair(label, value));
}

// The value of a label that needs no backslash.
std::string_view ValueOf(std::string_view series, std::string_view label) {
  const std::string begin = std::string(label) + "=\"";
  const std::size_t at = series.find(begin);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = series.substr(at + begin.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

Activities::Activities(const kube::ObjectKey& policy, std::span<const runtime::Reading> readings) {
  const std::string name = Pair("policy_name", policy.name);
  const std::string ns = Pair("policy_namespace", policy.ns);
  for (const runtime::Reading& reading : readings) {
    for (const auto& [series, count] : reading.now) {
      if (!Has(series, name) || !Has(series, ns)) continue;
      if (series.starts_with(operands::kPolicyAlerts)) alerts_.push_back({series, count});
      if (series.starts_with(config::kSilencedAlerts)) silenced_.push_back({series, count});
      if (series.starts_with(config::slo::kOtherEdges)) edges_.push_back({series, count});
    }
  }
}

std::string Activities::SilenceOf(const std::string& entry, std::string_view alert) const {
  const auto is_of_it = [&](const Series& series) {
    return Has(series.text, "entry", entry) && Has(series.text, "alertname", alert);
  };
  double firing = 0;  // in the pod that sees most
  for (const Series& series : alerts_) {
    if (is_of_it(series) && Has(series.text, "alertstate", "firing")) {
      firing = std::max(firing, series.count);
    }
  }
  // Two silences of half each may be of the same half: only one that covers all is certain.
  const auto silence = std::ranges::find_if(silenced_, [&](const Series& series) {
    return is_of_it(series) && firing > 0 && series.count >= firing;
  });
  return silence == silenced_.end() ? "" : std::string(ValueOf(silence->text, "silence"));
}

Activity Activities::Of(const std::string& entry) const {
  Activity muted;
  for (const Alert& alert : Alerts()) {
    const bool no_data = alert.value.empty();
    const bool tells = std::ranges::any_of(alerts_, [&](const Series& series) {
      return Has(series.text, "entry", entry) && Has(series.text, "alertname", alert.name) &&
             (no_data || Has(series.text, "alertstate", "firing"));
    });
    if (!tells) continue;
    std::string text = std::string(alert.name) + ": " + std::string(alert.summary);
    const std::string silence = SilenceOf(entry, alert.name);
    if (silence.empty()) {
      return {.state = no_data ? Activity::State::kNoData : Activity::State::kFiring,
              .alert = std::move(text)};
    }
    if (muted.state == Activity::State::kMuted) continue;
    muted = {.state = Activity::State::kMuted, .alert = std::move(text) + "; silence " + silence};
  }
  return muted;
}

std::set<double> Activities::OtherEdgesOf(const std::string& entry) const {
  std::set<double> edges;
  for (const Series& series : edges_) {
    if (!Has(series.text, "entry", entry)) continue;
    const auto edge = config::promql::ParseNumber(ValueOf(series.text, "le"));
    if (edge) edges.insert(*edge);
  }
  return edges;
}

}  // namespace belvedere::alertpolicy

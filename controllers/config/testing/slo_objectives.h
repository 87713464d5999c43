#pragma once

#include "controllers/config/promql/parser.h"
#include "controllers/config/slo.h"

// Objectives for tests: 99.9 % of 30 days.
namespace belvedere::config::slo::testing {

inline promql::Selector SelectorOf(std::string_view text) {
  return std::get<promql::Selector>(promql::Parse(text)->node);
}

inline Objective ObjectiveOf(std::variant<Ratio, Latency> indicator) {
  return {.identity = {{"policy_namespace", "ns"}, {"policy_name", "p"}, {"slo", "s"}},
          .alert_labels = {{"owner", "team"}},
          .target = *Target::Parse("99.9"),
          .indicator = std::move(indicator)};
}

inline Objective Availability() {
  return ObjectiveOf(Ratio{.total = SelectorOf("http_requests_total{job=\"shop\"}"),
                           .bad = SelectorOf("http_requests_total{job=\"shop\", code=~\"5..\"}")});
}

inline Objective Classic() {
  return ObjectiveOf(
      Latency{.histogram = SelectorOf("http_seconds{job=\"shop\"}"), .threshold = 1});
}

inline Objective Native() {
  return ObjectiveOf(Latency{.histogram = SelectorOf("http_seconds{job=\"shop\"}"),
                             .threshold = 1,
                             .form = Latency::Form::kNative});
}

}  // namespace belvedere::config::slo::testing

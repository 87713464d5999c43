#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// All objectives of all policies, and one of them in detail (config/slo.h makes the series).
Dashboard Slos() {
  return {
      .uid = "belvedere-slos",
      .title = "SLOs",
      .description =
          "Objectives of AlertPolicies: what is left of their error budgets, and how fast these "
          "burn. A burn rate of 1 uses the budget up at the end of the window. Where the stack "
          "keeps series for less than the window, no budget is shown.",
      .variables = {{"policy_namespace", "Namespace", "slo:objective:ratio", "policy_namespace"},
                    {"policy_name", "Policy",
                     R"(slo:objective:ratio{policy_namespace=~"$policy_namespace"})",
                     "policy_name"},
                    {"entry", "Objective",
                     R"(slo:objective:ratio{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name"})",
                     "entry"}},
      .rows = {
          {"Now",
           {{"Objectives", kNumber, {{"count(slo:objective:ratio) or vector(0)"}}, Look::kStat},
            {"Burning too fast",
             kNumber,
             {{R"(count(ALERTS{alertname="SloBudgetBurn", alertstate="firing"}) or vector(0))"}},
             Look::kStat},
            {"Budget used up",
             kNumber,
             {{R"(count(slo:error_budget:remaining <= 0) or vector(0))"}},
             Look::kStat},
            {"Blind",
             kNumber,
             {{R"(count(ALERTS{alertname=~"Slo(Target|Series)Gone", alertstate="firing"})
    or vector(0))"}},
             Look::kStat},
            {"Idle", kNumber, {{"count(slo:idle:bool == 1) or vector(0)"}}, Look::kStat}}},
          {"All",
           {{"Budget left",
             kRatio,
             {{R"(sort(min by (policy_namespace, policy_name, entry) (slo:error_budget:remaining)))"}},
             Look::kTable},
            {"Burn rate",
             kNumber,
             {{R"(sort_desc(max by (policy_namespace, policy_name, entry) (slo:burn_rate:5m)))"}},
             Look::kTable},
            {"Objective",
             kRatio,
             {{R"(max by (policy_namespace, policy_name, entry) (slo:objective:ratio))"}},
             Look::kTable}}},
          {"Chosen: budget",
           {{"Budget left",
             kRatio,
             {{R"(slo:error_budget:remaining{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name", entry=~"$entry"})",
               "{{policy_name}} {{entry}}"}}},
            {"Burn rate",
             kNumber,
             {{R"(slo:burn_rate:5m{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name", entry=~"$entry"})",
               "{{policy_name}} {{entry}}"}}}}},
          {"Chosen: requests",
           {{"Bad",
             kRatio,
             {{R"(slo:error_ratio:5m{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name", entry=~"$entry"})",
               "{{policy_name}} {{entry}}, 5 minutes"},
              {R"(slo:error_ratio:1h{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name", entry=~"$entry"})",
               "{{policy_name}} {{entry}}, 1 hour"}}},
            {"Requests",
             kPerSecond,
             {{R"(slo:requests:rate5m{policy_namespace=~"$policy_namespace",
    policy_name=~"$policy_name", entry=~"$entry"})",
               "{{policy_name}} {{entry}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// From what is read to what is delivered, of both engines alike (rules/log-flow.yaml).
Dashboard LogFlow() {
  return {
      .uid = "belvedere-log-flow",
      .title = "Log flow",
      .description =
          "What log pipelines read, deliver, keep and lose. Of a tenant's pipeline the node "
          "agent's way to its gateway counts as an output called gateway.",
      .variables = {{"pipeline_namespace", "Namespace", "logs:output_buffer_used:ratio",
                     "pipeline_namespace"},
                    {"pipeline", "Pipeline",
                     R"(logs:output_buffer_used:ratio{pipeline_namespace=~"$pipeline_namespace"})",
                     "pipeline"}},
      .rows = {
          {"Now",
           {{"Delivered",
             kPerSecond,
             {{R"(sum(logs:output_delivered_records:rate5m{pipeline_namespace=~"$pipeline_namespace",
    pipeline=~"$pipeline"}))"}},
             Look::kStat},
            {"Lost",
             kPerSecond,
             {{R"(sum(logs:output_dropped_records:rate5m{pipeline_namespace=~"$pipeline_namespace",
    pipeline=~"$pipeline"}) or vector(0))"}},
             Look::kStat},
            {"Fullest buffer",
             kRatio,
             {{R"(max(logs:output_buffer_used:ratio{pipeline_namespace=~"$pipeline_namespace",
    pipeline=~"$pipeline"}))"}},
             Look::kStat},
            {"Agents down",
             kNumber,
             {{R"(count(up{job=~"log-agents|log-gateways"} == 0) or vector(0))"}},
             Look::kStat},
            {"Alerts",
             kNumber,
             {{R"(count(ALERTS{alertstate="firing", alertname=~"Logs.+"}) or vector(0))"}},
             Look::kStat}}},
          {"In",
           {{"Records read, by input",
             kPerSecond,
             {{R"(sum by (pipeline_namespace, pipeline, input) (logs:input_records:rate5m{
    pipeline_namespace=~"$pipeline_namespace", pipeline=~"$pipeline", app!="log-gateway"}))",
               "{{pipeline_namespace}}/{{pipeline}} {{input}}"}}},
            {"Records read, by node agent",
             kPerSecond,
             {{R"(sum by (pod) (logs:input_records:rate5m{
    pipeline_namespace=~"$pipeline_namespace", pipeline=~"$pipeline", app!="log-gateway"}))",
               "{{pod}}"}}}}},
          {"Out",
           {{"Records delivered, by output",
             kPerSecond,
             {{R"(sum by (pipeline_namespace, pipeline, app, output) (
    logs:output_delivered_records:rate5m{
    pipeline_namespace=~"$pipeline_namespace", pipeline=~"$pipeline"}))",
               "{{pipeline_namespace}}/{{pipeline}} {{output}} ({{app}})"}}},
            {"Records lost, by output",
             kPerSecond,
             {{R"(sum by (pipeline_namespace, pipeline, app, output) (
    logs:output_dropped_records:rate5m{
    pipeline_namespace=~"$pipeline_namespace", pipeline=~"$pipeline"}))",
               "{{pipeline_namespace}}/{{pipeline}} {{output}} ({{app}})"}}}}},
          {"Waiting",
           {{"Buffer used, by output",
             kRatio,
             {{R"(max by (pipeline_namespace, pipeline, app, output) (
    logs:output_buffer_used:ratio{
    pipeline_namespace=~"$pipeline_namespace", pipeline=~"$pipeline"}))",
               "{{pipeline_namespace}}/{{pipeline}} {{output}} ({{app}})"}}},
            {"Agents",
             kNumber,
             {{R"(sum by (app) (up{job=~"log-agents|log-gateways"}))", "{{app}} up"},
              {R"(sum by (app) (1 - up{job=~"log-agents|log-gateways"}))", "{{app}} down"}}}}}}};
}

}  // namespace belvedere::config::dashboards

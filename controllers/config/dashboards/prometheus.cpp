#include "controllers/config/dashboards/dashboard.h"

namespace belvedere::config::dashboards {

// Is everything scraped, kept and evaluated, and at what cost?
Dashboard Prometheus() {
  return {
      .uid = "belvedere-prometheus",
      .title = "Prometheus",
      .description = "What is scraped, kept and evaluated, and at what cost.",
      .rows = {
          {"Now",
           {{"Targets up", kNumber, {{"sum(up)"}}, Look::kStat},
            {"Targets down", kNumber, {{"count(up == 0) or vector(0)"}}, Look::kStat},
            {"Series",
             kNumber,
             {{R"(max(prometheus_tsdb_head_series{job="prometheus"}))"}},
             Look::kStat},
            {"Samples a second",
             kNumber,
             {{R"(max(rate(prometheus_tsdb_head_samples_appended_total{job="prometheus"}[5m])))"}},
             Look::kStat},
            {"Configuration loaded",
             kNumber,
             {{R"(min(prometheus_config_last_reload_successful{job="prometheus"}))"}},
             Look::kStat},
            {"Blocks on disk",
             kBytes,
             {{R"(max(prometheus_tsdb_storage_blocks_bytes{job="prometheus"}))"}},
             Look::kStat}}},
          {"Scrapes",
           {{"Targets down", kNumber, {{"count by (job) (up == 0)", "{{job}}"}}},
            {"Samples of a scrape, largest jobs",
             kNumber,
             {{"topk(10, sum by (job) (scrape_samples_scraped))", "{{job}}"}}},
            {"Duration of a scrape, slowest jobs",
             kSeconds,
             {{"topk(10, max by (job) (scrape_duration_seconds))", "{{job}}"}}},
            {"Scrapes refused by a limit",
             kPerSecond,
             {{R"(sum by (pod) (rate(prometheus_target_scrapes_exceeded_sample_limit_total{
    job="prometheus"}[5m])))",
               "{{pod}} samples"},
              {R"(sum by (pod) (rate(prometheus_target_scrape_pool_exceeded_target_limit_total{
    job="prometheus"}[5m])))",
               "{{pod}} targets"}}}}},
          {"Rules and alerts",
           {{"Evaluation of a group, slowest",
             kSeconds,
             {{R"(topk(10, max by (rule_group) (prometheus_rule_group_last_duration_seconds{
    job="prometheus"})))",
               "{{rule_group}}"}}},
            {"Evaluations that failed or were missed",
             kPerSecond,
             {{R"(sum by (pod) (rate(prometheus_rule_evaluation_failures_total{
    job="prometheus"}[5m])))",
               "{{pod}} failed"},
              {R"(sum by (pod) (rate(prometheus_rule_group_iterations_missed_total{
    job="prometheus"}[5m])))",
               "{{pod}} missed"}}},
            {"Alerts sent",
             kPerSecond,
             {{R"(sum by (pod) (rate(prometheus_notifications_sent_total{job="prometheus"}[5m])))",
               "{{pod}} sent"},
              {R"(sum by (pod) (rate(prometheus_notifications_errors_total{
    job="prometheus"}[5m])))",
               "{{pod}} lost"}}},
            {"Alerts that wait, of the room for them",
             kRatio,
             {{R"(max by (pod) (prometheus_notifications_queue_length{job="prometheus"})
  / max by (pod) (prometheus_notifications_queue_capacity{job="prometheus"}))",
               "{{pod}}"}}}}},
          {"Cost",
           {{"Series", kNumber, {{R"(prometheus_tsdb_head_series{job="prometheus"})", "{{pod}}"}}},
            {"Queries, 90th percentile",
             kSeconds,
             {{R"(max by (slice) (prometheus_engine_query_duration_seconds{job="prometheus",
    quantile="0.9"}))",
               "{{slice}}"}}},
            {"CPU",
             kCores,
             {{R"(rate(process_cpu_seconds_total{job="prometheus"}[5m]))", "{{pod}}"}}},
            {"Memory",
             kBytes,
             {{R"(process_resident_memory_bytes{job="prometheus"})", "{{pod}}"}}}}}}};
}

}  // namespace belvedere::config::dashboards

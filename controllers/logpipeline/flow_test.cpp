#include "controllers/logpipeline/flow.h"

#include <gtest/gtest.h>

#include "controllers/logpipeline/testing/otelcol_pipelines.h"

namespace belvedere::logpipeline {
namespace {

using runtime::Fact;
using runtime::Reading;
using runtime::Samples;
using runtime::Truth;

const FlowMetrics& Metrics(Agent agent) { return EngineOf(agent)->flow; }

Pipeline TwoOutputs() {
  Pipeline pipeline = testing::TenantPipeline("shop");
  pipeline.outputs = testing::MakeOutputs(
      "[{name: a, loki: {url: 'https://a.example'}}, {name: b, loki: {url: 'https://b.example'}}]");
  return pipeline;
}

// Samples of the collector for one output.
Samples Collector(const Pipeline& pipeline, int output, double sent, double dropped, double waits) {
  const std::string label =
      "{x=\"y\"," + Metrics(Agent::kOpenTelemetry).label(pipeline, pipeline.outputs[output]) + "}";
  return {{"otelcol_exporter_sent_log_records" + label, sent},
          {"otelcol_exporter_enqueue_failed_log_records" + label, dropped},
          {"otelcol_exporter_queue_size" + label, waits},
          {"otelcol_exporter_queue_capacity" + label, 100}};
}

Samples Both(Samples one, const Samples& other) {
  one.insert(other.begin(), other.end());
  return one;
}

std::string Verdict(const Pipeline& pipeline, const std::vector<Reading>& readings) {
  const Fact fact = Judge(FlowsOf(pipeline, Metrics(Agent::kOpenTelemetry), readings));
  return std::string(ToString(fact.truth)) + " " + fact.cause.reason + ": " + fact.cause.message;
}

TEST(Flow, IsToldForEachOutputTheWorstFirst) {
  const Pipeline pipeline = TwoOutputs();
  const Samples before = Both(Collector(pipeline, 0, 10, 0, 0), Collector(pipeline, 1, 10, 0, 5));
  const auto verdict = [&](const Samples& a, const Samples& b) {
    return Verdict(pipeline, {{.now = Both(a, b), .before = before}});
  };
  const auto a = [&](double sent, double dropped, double waits) {
    return Collector(pipeline, 0, sent, dropped, waits);
  };
  const auto b = [&](double sent, double dropped, double waits) {
    return Collector(pipeline, 1, sent, dropped, waits);
  };
  EXPECT_EQ(verdict(a(20, 0, 0), b(20, 0, 3)).substr(0, 13), "True Flowing:");
  EXPECT_EQ(verdict(a(10, 0, 0), b(10, 0, 0)).substr(0, 13), "True Flowing:") << "nothing to send";
  EXPECT_EQ(verdict(a(20, 0, 0), b(10, 0, 9)),
            "False NothingDelivered: output b: records wait and none was delivered, in the last "
            "minutes");
  EXPECT_EQ(verdict(a(20, 0, 0), b(12, 0, 83)),
            "False BufferFillingUp: output b: its buffer is full to 85 per cent, in the last "
            "minutes");
  EXPECT_EQ(verdict(a(20, 0, 81), b(22, 12345, 0)),
            "False SomeDataDropped: output b: about 12000 records were dropped and 12 delivered; "
            "output a: its buffer is full to 80 per cent, in the last minutes");
  EXPECT_EQ(verdict(a(10, 7, 100), b(20, 1, 0)),
            "False AllDataDropped: output a: 7 records were dropped and none was delivered; "
            "output b: 1 records were dropped and 10 delivered, in the last minutes");
}

TEST(Flow, AddsUpPodsAndSurvivesTheirRestarts) {
  const Pipeline pipeline = TwoOutputs();
  const std::vector<Reading> readings{
      {.now = Collector(pipeline, 0, 5, 0, 0), .before = Collector(pipeline, 0, 900, 3, 0)},
      {.now = Collector(pipeline, 0, 12, 2, 50), .before = Collector(pipeline, 0, 10, 1, 0)},
      {.now = Collector(pipeline, 0, 1000, 1000, 0), .before = {}}};
  const std::vector<Flow> flows = FlowsOf(pipeline, Metrics(Agent::kOpenTelemetry), readings);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].delivered, 7);
  EXPECT_EQ(flows[0].dropped, 1);
  EXPECT_EQ(flows[0].full, 0.5);
  EXPECT_EQ(flows[1].delivered, 0);
}

TEST(Flow, OfFluentBitIsReadByAliasAndFreeCapacity) {
  const Pipeline pipeline = TwoOutputs();
  const std::string label = "{name=\"shop.logs.a\"}";
  const auto samples = [&](double sent, double free) {
    return Samples{{"fluentbit_output_proc_records_total" + label, sent},
                   {"fluentbit_output_chunk_available_capacity_percent" + label, free}};
  };
  const std::vector<Flow> flows =
      FlowsOf(pipeline, Metrics(Agent::kFluentBit),
              std::vector<Reading>{{.now = samples(9, 10), .before = samples(4, 100)}});
  EXPECT_EQ(flows[0].delivered, 5);
  EXPECT_EQ(flows[0].full, 0.9);
  EXPECT_EQ(flows[1].full, 0) << "says nothing of itself";
}

TEST(Flow, IsWhatItWasUntilThereIsSomethingToCompare) {
  cache::Primary self;
  EXPECT_FALSE(FlowOf(self, {}, SpecReader()));
  self.status =
      R"({"conditions":[{"type":"FlowHealthy","status":"False","reason":"AllDataDropped","message":"m"}]})";
  const std::optional<Fact> fact = FlowOf(self, {}, SpecReader());
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->truth, Truth::kFalse);
  EXPECT_EQ(fact->cause.reason, "AllDataDropped");
}

}  // namespace
}  // namespace belvedere::logpipeline

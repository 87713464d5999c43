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

const std::string kPods(kGateway);

std::string Verdict(const Pipeline& pipeline, const std::vector<Reading>& readings) {
  const Fact fact = Judge(FlowsOf(pipeline, Metrics(Agent::kOpenTelemetry), readings));
  return std::string(ToString(fact.truth)) + " " + fact.cause.reason + ": " + fact.cause.message;
}

TEST(Flow, IsToldForEachOutputTheWorstFirst) {
  const Pipeline pipeline = TwoOutputs();
  const Samples before = Both(Collector(pipeline, 0, 10, 0, 0), Collector(pipeline, 1, 10, 0, 5));
  const auto verdict = [&](const Samples& a, const Samples& b) {
    return Verdict(pipeline, {{.component = kPods, .now = Both(a, b), .before = before}});
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
      {.component = kPods,
       .now = Collector(pipeline, 0, 5, 0, 0),
       .before = Collector(pipeline, 0, 900, 3, 0)},
      {.component = kPods,
       .now = Collector(pipeline, 0, 12, 2, 50),
       .before = Collector(pipeline, 0, 10, 1, 0)},
      {.component = kPods, .now = Collector(pipeline, 0, 1000, 1000, 0), .before = {}}};
  const std::vector<Flow> flows = FlowsOf(pipeline, Metrics(Agent::kOpenTelemetry), readings);
  ASSERT_EQ(flows.size(), 3U) << "two outputs, and the lane to the gateway";
  EXPECT_EQ(flows[0].delivered, 7);
  EXPECT_EQ(flows[0].dropped, 1);
  EXPECT_EQ(flows[0].full, 0.5);
  EXPECT_EQ(flows[1].delivered, 0);
}

TEST(Flow, OfATenantIsToldFromTheNodeOn) {
  const Pipeline pipeline = TwoOutputs();
  for (const Agent agent : {Agent::kOpenTelemetry, Agent::kFluentBit}) {
    const FlowMetrics& metrics = Metrics(agent);
    const auto samples = [&](double sent, double dropped, double used) {
      const std::string label = "{" + metrics.gateway_label(pipeline) + "}";
      Samples all{{metrics.delivered + label, sent}, {metrics.dropped[0] + label, dropped}};
      if (!metrics.waiting.empty()) all[metrics.waiting + label] = used;
      all[metrics.capacity + label] = metrics.waiting.empty() ? 100 - used : 100;
      return all;
    };
    const auto verdict = [&](const Samples& one, const Samples& two) {
      const std::vector<Reading> readings{
          {.component = "node-agent", .now = one, .before = samples(5, 5, 1)},
          {.component = "node-agent", .now = two, .before = samples(5, 5, 1)}};
      const Fact fact = Judge(FlowsOf(pipeline, metrics, readings));
      return fact.cause.reason + ": " + fact.cause.message;
    };
    EXPECT_EQ(verdict(samples(9, 5, 1), samples(9, 5, 1)).substr(0, 8), "Flowing:");
    EXPECT_EQ(verdict(samples(9, 5, 1), samples(9, 40, 1)),
              "SomeDataDropped: lane to the gateway: 35 records were dropped and 8 delivered, in "
              "the last minutes");
    EXPECT_EQ(verdict(samples(5, 5, 1), samples(5, 40, 1)),
              "AllDataDropped: lane to the gateway: 35 records were dropped and none was "
              "delivered, in the last minutes");
    EXPECT_EQ(
        verdict(samples(9, 5, 90), samples(9, 5, 1)),
        "BufferFillingUp: lane to the gateway: its buffer is full to 90 per cent, in the last "
        "minutes");
    EXPECT_EQ(verdict(samples(5, 5, 2), samples(9, 5, 1)),
              "NothingDelivered: lane to the gateway: records wait and none was delivered by 1 of "
              "its pods, in the last minutes");
    EXPECT_EQ(verdict(samples(5, 5, 2), samples(5, 5, 2)),
              "NothingDelivered: lane to the gateway: records wait and none was delivered, in the "
              "last minutes");
  }
}

// Fluent Bit would call both alike.
TEST(Flow, OfAnOutputCalledGatewayIsNotThatOfTheLane) {
  Pipeline pipeline = TwoOutputs();
  pipeline.outputs[0].name = "gateway";
  const std::string series = "fluentbit_output_dropped_records_total{name=\"shop.logs.gateway\"}";
  const std::vector<Reading> node{
      {.component = "fluent-bit", .now = {{series, 9}}, .before = {{series, 2}}}};
  const std::vector<Flow> flows = FlowsOf(pipeline, Metrics(Agent::kFluentBit), node);
  EXPECT_EQ(flows.front().dropped, 0);
  EXPECT_EQ(flows.back().dropped, 7);
}

TEST(Flow, OfFluentBitIsReadByAliasAndFreeCapacity) {
  const Pipeline pipeline = TwoOutputs();
  const std::string label = "{name=\"shop.logs.a\"}";
  const auto samples = [&](double sent, double free) {
    return Samples{{"fluentbit_output_proc_records_total" + label, sent},
                   {"fluentbit_output_chunk_available_capacity_percent" + label, free}};
  };
  const std::vector<Flow> flows = FlowsOf(
      pipeline, Metrics(Agent::kFluentBit),
      std::vector<Reading>{{.component = kPods, .now = samples(9, 10), .before = samples(4, 100)}});
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

#include "controllers/logpipeline/flow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace belvedere::logpipeline {
namespace {

using runtime::Cause;
using runtime::Fact;
using runtime::Samples;
using runtime::Truth;

constexpr double kFillingUp = 0.8;

double SumOf(const Samples& samples, const std::string& name, const std::string& label) {
  double sum = 0;
  for (auto it = samples.lower_bound(name); it != samples.end(); ++it) {
    const std::string& series = it->first;
    if (!series.starts_with(name)) break;
    const bool is_of_it = series.size() > name.size() && series[name.size()] == '{' &&
                          series.find(label) != std::string::npos;
    if (is_of_it) sum += it->second;
  }
  return sum;
}

// How far a counter has come; after a restart it begins anew.
double IncreaseOf(const runtime::Reading& reading, const std::string& name,
                  const std::string& label) {
  const double now = SumOf(reading.now, name, label);
  const double before = SumOf(reading.before, name, label);
  return now < before ? now : now - before;
}

double FullOf(const Samples& samples, const FlowMetrics& metrics, const std::string& label) {
  const double capacity = SumOf(samples, metrics.capacity, label);
  if (!metrics.waiting.empty()) {
    return capacity > 0 ? SumOf(samples, metrics.waiting, label) / capacity : 0;
  }
  const bool is_told = std::ranges::any_of(samples, [&](const auto& sample) {
    return sample.first.starts_with(metrics.capacity) &&
           sample.first.find(label) != std::string::npos;
  });
  return is_told ? 1 - capacity / 100 : 0;
}

// Two digits: enough for people, and the status does not change with every record.
std::string Rounded(double number) {
  if (number < 100) return std::to_string(std::llround(number));
  const double scale = std::pow(10, std::floor(std::log10(number)) - 1);
  return "about " + std::to_string(std::llround(std::round(number / scale) * scale));
}

struct Trouble {
  const char* reason;
  bool (*has)(const Flow& flow);
  std::string (*says)(const Flow& flow);
};

std::string Stuck(const Flow& flow) {
  const std::string wait = "records wait and none was delivered";
  return flow.delivered > 0 ? wait + " by " + std::to_string(flow.stuck_pods) + " of its pods"
                            : wait;
}

// The worst first; a lane has the first that holds.
constexpr std::array<Trouble, 4> kTroubles{{
    {"AllDataDropped", [](const Flow& flow) { return flow.dropped > 0 && flow.delivered == 0; },
     [](const Flow& flow) {
       return Rounded(flow.dropped) + " records were dropped and none was delivered";
     }},
    {"SomeDataDropped", [](const Flow& flow) { return flow.dropped > 0; },
     [](const Flow& flow) {
       return Rounded(flow.dropped) + " records were dropped and " + Rounded(flow.delivered) +
              " delivered";
     }},
    {"BufferFillingUp", [](const Flow& flow) { return flow.full >= kFillingUp; },
     [](const Flow& flow) {
       return "its buffer is full to " + std::to_string(std::llround(flow.full * 20) * 5) +
              " per cent";
     }},
    {"NothingDelivered", [](const Flow& flow) { return flow.stuck_pods > 0; }, Stuck},
}};

// Of the lane whose series have `label`, in the pods that serve it.
Flow Added(std::string lane, const std::string& label, const FlowMetrics& metrics,
           std::span<const runtime::Reading> readings,
           const std::function<bool(const runtime::Reading&)>& is_of_lane) {
  Flow flow{.lane = std::move(lane)};
  for (const runtime::Reading& reading : readings) {
    if (reading.before.empty() || !is_of_lane(reading)) continue;
    const double delivered = IncreaseOf(reading, metrics.delivered, label);
    const double full = FullOf(reading.now, metrics, label);
    const bool waits = full > 0 && FullOf(reading.before, metrics, label) > 0;
    flow.delivered += delivered;
    for (const std::string& name : metrics.dropped) {
      flow.dropped += IncreaseOf(reading, name, label);
    }
    flow.full = std::max(flow.full, full);
    if (waits && delivered == 0) ++flow.stuck_pods;
  }
  return flow;
}

}  // namespace

std::vector<Flow> FlowsOf(const Pipeline& pipeline, const FlowMetrics& metrics,
                          std::span<const runtime::Reading> readings) {
  std::vector<Flow> flows;
  const bool has_any = std::ranges::any_of(
      readings, [](const runtime::Reading& reading) { return !reading.before.empty(); });
  if (!has_any) return flows;
  // An output may be called as the lane to the gateway is; it is the gateway's then.
  const bool is_tenants = !pipeline.gateway.empty();
  const auto sends = [&](const runtime::Reading& reading) {
    return (reading.component == kGateway) == is_tenants;
  };
  for (const Output& output : pipeline.outputs) {
    flows.push_back(
        Added("output " + output.name, metrics.label(pipeline, output), metrics, readings, sends));
  }
  if (is_tenants) {
    flows.push_back(Added("lane to the gateway", metrics.gateway_label(pipeline), metrics, readings,
                          std::not_fn(sends)));
  }
  return flows;
}

Fact Judge(std::span<const Flow> flows) {
  Cause worst;
  for (const Trouble& trouble : kTroubles) {
    for (const Flow& flow : flows) {
      const auto first = std::ranges::find_if(
          kTroubles, [&flow](const Trouble& candidate) { return candidate.has(flow); });
      if (first == kTroubles.end() || first->reason != trouble.reason) continue;
      if (worst.reason.empty()) worst.reason = trouble.reason;
      worst.message += (worst.message.empty() ? "" : "; ") + flow.lane + ": " + trouble.says(flow);
    }
  }
  if (!worst.reason.empty()) {
    worst.message += ", in the last minutes";
    return {Truth::kFalse, std::move(worst)};
  }
  return {Truth::kTrue, {"Flowing", "nothing is lost, and nothing waits for long"}};
}

std::optional<Fact> FlowOf(const cache::Primary& self, const runtime::World& world,
                           const SpecReader& reader) {
  std::vector<Flow> flows;
  if (!world.readings.empty()) {
    if (const std::optional<Running> running = reader.RunningOf(self, world, Trust::kAccepted)) {
      const Accepted& accepted = **running->accepted;
      flows = FlowsOf(accepted.pipeline, accepted.engine->flow, world.readings);
    }
  }
  if (!flows.empty()) return Judge(flows);
  const Result<Json> status = ParseJson(self.status);
  if (!status) return std::nullopt;
  const std::vector<runtime::Condition> conditions = runtime::ConditionsFrom(*status);
  const runtime::Condition* before = runtime::FindCondition(conditions, kFlowHealthy);
  if (before == nullptr) return std::nullopt;
  return Fact{before->status, before->cause};
}

}  // namespace belvedere::logpipeline

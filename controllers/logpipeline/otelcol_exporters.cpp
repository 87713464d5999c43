#include "controllers/logpipeline/otelcol_exporters.h"

#include <algorithm>

#include "controllers/logpipeline/otelcol_config.h"
#include "controllers/logpipeline/otelcol_filters.h"
#include "controllers/logpipeline/otelcol_receivers.h"

namespace belvedere::logpipeline::otelcol {
namespace {

using config::otelcol::OttlString;

constexpr double kFirstWait = 5;  // seconds
constexpr double kLongestWait = 60;
constexpr double kGrowth = 1.5;  // of one wait to the next, the helper's default

std::string IdOf(const Pipeline& pipeline, const Output& output) {
  return pipeline.id + "-" + output.name;
}

// One object in a bucket for each request: those are larger, and wait longer.
Json BatchOf(const std::string& type) {
  const bool objects = type == "awss3";
  return {{"flush_timeout", objects ? "60s" : "1s"},
          {"min_size", objects ? 16 << 20 : 256 << 10},
          {"max_size", objects ? 16 << 20 : 1 << 20}};
}

std::int64_t SecondsOf(std::int64_t retries) {
  double total = 0;
  double wait = kFirstWait;
  for (std::int64_t i = 0; i < retries; ++i) {
    if (wait >= kLongestWait) {
      return static_cast<std::int64_t>(total + kLongestWait * static_cast<double>(retries - i));
    }
    total += wait;
    wait *= kGrowth;
  }
  return static_cast<std::int64_t>(total);
}

// After its time, a batch is given up and counted.
Json RetryOnFailure(std::int64_t retries) {
  if (retries == 0) return {{"enabled", false}};
  const std::int64_t whole = SecondsOf(retries);
  // The collector refuses a wait that is longer than the whole.
  const std::int64_t longest = std::min(static_cast<std::int64_t>(kLongestWait), whole);
  return {{"enabled", true},
          {"initial_interval", std::to_string(static_cast<int>(kFirstWait)) + "s"},
          {"max_interval", std::to_string(longest) + "s"},
          {"max_elapsed_time", std::to_string(whole) + "s"}};
}

// What every exporter has: a buffer on the disk, and retries.
void AddDelivery(const Buffer& buffer, OtelExporter::Retries retries, Component& exporter) {
  exporter.settings["sending_queue"] = {
      {"enabled", true},    {"storage", kStorage},
      {"sizer", "bytes"},   {"queue_size", buffer.bytes_per_output},
      {"num_consumers", 4}, {"batch", BatchOf(exporter.type)}};
  if (retries == OtelExporter::Retries::kByHelper) {
    exporter.settings["retry_on_failure"] = RetryOnFailure(buffer.max_retries);
  } else {
    exporter.settings["retry"] = {{"enabled", buffer.max_retries > 0},
                                  {"max_retries", buffer.max_retries},
                                  {"max_interval", "60s"}};
  }
}

std::vector<std::string> StatementsOf(const OtelExporter& exporter) {
  using Of = OtelExporter::Attribute::Of;
  std::vector<std::string> statements;
  for (const OtelExporter::Attribute& attribute : exporter.attributes) {
    const std::string target = attribute.of == Of::kResource ? "resource" : "log";
    statements.push_back("set(" + target + ".attributes[" + OttlString(attribute.key) + "], " +
                         OttlString(attribute.value) + ")");
  }
  return statements;
}

// What brings a record into the form that the exporter alone wants.
std::vector<Component> OwnProcessors(const std::string& id, const OtelExporter& exporter) {
  std::vector<Component> processors;
  if (std::vector<std::string> own = StatementsOf(exporter); !own.empty()) {
    processors.push_back(Transform(id, std::move(own)));
  }
  if (!exporter.statements.empty()) {
    Component form = Transform(id + "-form", {});
    form.settings["log_statements"] =
        Json::array({{{"context", "log"}, {"statements", exporter.statements}}});
    processors.push_back(std::move(form));
  }
  return processors;
}

Lane LaneOf(const Pipeline& pipeline, const Output& output, OtelExporter exporter) {
  const std::string id = IdOf(pipeline, output);
  Lane lane{.id = id, .processors = OwnProcessors(id, exporter)};
  if (!exporter.auth.type.empty()) {
    Component auth{.type = exporter.auth.type, .id = id, .settings = exporter.auth.settings};
    const Json::json_pointer path(exporter.auth.path + "/authenticator");
    exporter.settings[path] = NameOf(auth);
    lane.extensions.push_back(std::move(auth));
  }
  Component component{.type = exporter.type,
                      .id = PartId(pipeline, output.name),
                      .settings = std::move(exporter.settings)};
  AddDelivery(pipeline.buffer, exporter.retries, component);
  lane.exporters.push_back(std::move(component));
  return lane;
}

Result<OtelExporter> ExporterOf(const Pipeline& pipeline, const Output& output) {
  if (output.kind->otel == nullptr) {
    return Fail(ErrorCode::kInvalid, ": " + std::string(output.kind->no_otel));
  }
  Result<OtelExporter> exporter = output.kind->otel(
      *output.settings, {.tenant = pipeline.tenant,
                         .pipeline = pipeline.ns + "." + pipeline.name,
                         .state_dir = std::string(kStateDir) + "/outputs/" + IdOf(pipeline, output),
                         .buffer_bytes = pipeline.buffer.bytes_per_output});
  if (!exporter) return Fail(exporter.error().code, "." + exporter.error().message);
  return exporter;
}

}  // namespace

Result<std::vector<Lane>> OutputLanes(const Pipeline& pipeline) {
  if (pipeline.buffer.dead_letter_bytes > 0) {
    return Fail(ErrorCode::kInvalid,
                "spec.buffer.deadLetter: the collector counts what an output refuses, and keeps "
                "none of it; use agent FluentBit");
  }
  std::vector<Lane> lanes;
  Lane common{.id = pipeline.id};
  for (std::size_t i = 0; i < pipeline.outputs.size(); ++i) {
    const Output& output = pipeline.outputs[i];
    Result<OtelExporter> exporter = ExporterOf(pipeline, output);
    if (!exporter) {
      return Fail(exporter.error().code, "spec.outputs[" + std::to_string(i) + "]." +
                                             std::string(output.kind->field) +
                                             exporter.error().message);
    }
    Lane lane = LaneOf(pipeline, output, std::move(*exporter));
    if (!lane.processors.empty()) {
      lanes.push_back(std::move(lane));
      continue;
    }
    std::ranges::move(lane.exporters, std::back_inserter(common.exporters));
    std::ranges::move(lane.extensions, std::back_inserter(common.extensions));
  }
  if (!common.exporters.empty()) lanes.push_back(std::move(common));
  return lanes;
}

Lane GatewayLane(const Pipeline& pipeline) {
  Component exporter{.type = "otlp_grpc",
                     .id = PartId(pipeline, kGatewayPart),
                     .settings = {{"endpoint", pipeline.gateway + ":" + std::to_string(kOtlpPort)},
                                  {"tls", {{"insecure", true}}},
                                  {"compression", "snappy"}}};
  AddDelivery(pipeline.buffer, OtelExporter::Retries::kByHelper, exporter);
  return {.id = pipeline.id, .exporters = {std::move(exporter)}};
}

std::string ExporterId(const Pipeline& pipeline, const Output& output) {
  const Result<OtelExporter> exporter = ExporterOf(pipeline, output);
  return exporter ? exporter->type + "/" + PartId(pipeline, output.name) : "";
}

std::string GatewayExporterId(const Pipeline& pipeline) {
  return NameOf(GatewayLane(pipeline).exporters.front());
}

}  // namespace belvedere::logpipeline::otelcol

#include "controllers/logpipeline/engine.h"

#include <algorithm>
#include <array>

#include "controllers/logpipeline/engines.h"
#include "controllers/operands/builders.h"

namespace belvedere::logpipeline {
namespace {

Wanted WantsNodeAgent(const Spec& spec) {
  const bool reads =
      spec.containers || spec.audit || !spec.units.empty() || spec.control_plane == Wanted::kYes;
  return reads ? Wanted::kYes : Wanted::kNo;
}

}  // namespace

SharedPart NodeAgentPart(std::string_view name, SharedPart::Render render) {
  return {
      .name = name, .type = kube::types::kDaemonSet, .wanted = WantsNodeAgent, .render = render};
}

SharedPart EventReaderPart(std::string_view name, SharedPart::Render render) {
  return {.name = name,
          .type = kube::types::kStatefulSet,
          .wanted = [](const Spec& spec) { return spec.events; },
          .render = render};
}

std::span<const Engine> Engines() {
  static const std::array<Engine, 2> kEngines{FluentBit(), OpenTelemetry()};
  return kEngines;
}

const Engine* EngineOf(Agent agent) {
  const auto found = std::ranges::find(Engines(), agent, &Engine::agent);
  return found == Engines().end() ? nullptr : &*found;
}

runtime::Meter MeterOf(const Engine& engine) {
  const FlowMetrics& flow = engine.flow;
  runtime::Meter meter{.port = flow.port, .path = flow.path, .names = flow.dropped};
  for (const std::string& name : {flow.delivered, flow.waiting, flow.capacity}) {
    if (!name.empty()) meter.names.push_back(name);
  }
  return meter;
}

kube::ResourceRef WorkloadOf(const SharedPart& part) {
  return {part.type, {.ns = std::string(operands::kNodeNamespace), .name = std::string(part.name)}};
}

kube::ResourceRef GatewayRef(const kube::ObjectKey& pipeline) {
  return {kube::types::kStatefulSet,
          {.ns = pipeline.ns, .name = std::string(kGateway) + "-" + pipeline.name}};
}

std::string GatewayHost(const kube::ObjectKey& pipeline) {
  return operands::ServiceHost(GatewayRef(pipeline).key);
}

}  // namespace belvedere::logpipeline

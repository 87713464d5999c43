#include "controllers/logpipeline/engine.h"

#include <algorithm>
#include <array>

#include "controllers/logpipeline/engines.h"

namespace belvedere::logpipeline {

std::span<const Engine> Engines() {
  static const std::array<Engine, 1> kEngines{OpenTelemetry()};
  return kEngines;
}

const Engine* EngineOf(Agent agent) {
  const auto found = std::ranges::find(Engines(), agent, &Engine::agent);
  return found == Engines().end() ? nullptr : &*found;
}

kube::ResourceRef NodeAgentRef(const Engine& engine) {
  return {kube::types::kDaemonSet,
          {.ns = std::string(operands::kNodeNamespace), .name = std::string(engine.name)}};
}

kube::ResourceRef GatewayRef(const kube::ObjectKey& pipeline) {
  return {kube::types::kStatefulSet,
          {.ns = pipeline.ns, .name = std::string(kGateway) + "-" + pipeline.name}};
}

std::string GatewayHost(const kube::ObjectKey& pipeline) {
  return GatewayRef(pipeline).key.name + "." + pipeline.ns + ".svc";
}

}  // namespace belvedere::logpipeline

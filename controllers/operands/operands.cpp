#include <algorithm>
#include <array>

#include "controllers/operands/alertmanager.h"
#include "controllers/operands/grafana.h"
#include "controllers/operands/kube_state_metrics.h"
#include "controllers/operands/loki.h"
#include "controllers/operands/node_exporter.h"
#include "controllers/operands/operand.h"
#include "controllers/operands/prometheus.h"

namespace belvedere::operands {

std::span<const Operand> Operands() {
  static const std::array<Operand, 6> kOperands{
      Prometheus(), Alertmanager(), Loki(), Grafana(), KubeStateMetrics(), NodeExporter(),
  };
  return kOperands;
}

std::string ImageOf(const Operand& operand, const Input& input) {
  std::string wanted = operand.spec_image == nullptr ? "" : operand.spec_image(input.spec);
  return wanted.empty() ? input.images.Of(operand.image) : wanted;
}

const Operand* SingletonOf(const kube::ResourceRef& ref) {
  for (const Operand& operand : Operands()) {
    if (operand.sharing != Sharing::kSingleton) continue;
    const std::vector<kube::ResourceRef> objects = operand.singleton_objects();
    if (std::ranges::find(objects, ref) != objects.end()) return &operand;
  }
  return nullptr;
}

}  // namespace belvedere::operands

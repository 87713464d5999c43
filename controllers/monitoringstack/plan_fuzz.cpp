#include <cstdint>

#include "controllers/monitoringstack/kind.h"

// Any spec gives a plan or a refusal, and a report on it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belvedere;  // NOLINT: a fuzz target is one function
  static const monitoringstack::MonitoringStackKind kKind{operands::ImageTable()};
  cache::Primary self{.key = {.ns = "ns", .name = "s"}, .uid = "u"};
  self.spec.assign(reinterpret_cast<const char*>(data), size);
  const runtime::World world;
  const runtime::Plan plan = kKind.MakePlan(self, world);
  static_cast<void>(kKind.MakeReport(self, world, plan, {}));
  return 0;
}

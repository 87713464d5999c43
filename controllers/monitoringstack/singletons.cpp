#include "controllers/monitoringstack/singletons.h"

#include "controllers/monitoringstack/spec.h"

namespace belvedere::monitoringstack {
namespace {

using cache::Primary;
using operands::Asking;
using operands::Operand;

Asking AskingOf(const Primary& primary, const Operand& operand) {
  const Result<Json> json = ParseJson(primary.spec);
  if (!json) return Asking::kNo;
  const Result<Spec> spec = ParseSpec(*json);
  if (!spec || operand.demand(*spec) == operands::Demand::kUnwanted) return Asking::kNo;
  return spec->management == ManagementState::kManaged ? Asking::kYes : Asking::kPaused;
}

}  // namespace

operands::SharedWorkload SharedOf(const Operand& operand) {
  return {.ref = operand.workload({}),
          .asking = [&operand](const Primary& primary) { return AskingOf(primary, operand); }};
}

operands::StackRef StackOf(const Primary& primary) {
  return {.ns = primary.key.ns, .name = primary.key.name};
}

}  // namespace belvedere::monitoringstack
